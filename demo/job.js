// One prompt from "sent" to its pictures: a card that watches its own job.

import { JobFailed } from "./astria-client.js";
import { BASE, byId, dollars, el, everySecond, icon, plural, safeUrl, span, stopTicking } from "./dom.js";
import { inShort, mayPassSoon, outcome, problemBox, wasCancelled } from "./problem.js";

const MADE = "The pictures may have been made, and counted";

/**
 * `order`: `{tuneId, tuneTitle, prompt, key}`; however often it is sent under its key, it is made once. With `made`, it was sent
 * before. `again()` sends it once more and is offered only where it is certain that nothing was spent; `rewrite()` puts it back
 * into the form, where somebody has to press Create for it, which makes a new key.
 */
export function jobCard(shell, order, { again, rewrite }) {
  const { client, stop: { signal } } = shell.session();
  const { prompt } = order;
  const state = el("span", { class: "job-state", testid: "job-state" });
  const clock = el("span", { class: "job-clock" });
  const meta = el("p", { class: "job-meta" }, `${order.tuneTitle} · ${plural(prompt.num_images, "picture")} · ${prompt.aspect_ratio}`);
  const tiles = el("div", { class: "tiles" });
  const trouble = el("div", { class: "job-trouble" });
  const card = el("article", { class: "job", testid: "job", "data-state": "running", "aria-label": `Pictures of: ${prompt.text}` },
    el("div", { class: "job-head" },
      el("div", { class: "job-words" }, el("p", { class: "job-text", text: prompt.text }), meta),
      el("p", { class: "job-progress" }, el("span", { class: "dot", "aria-hidden": "true" }), state, clock)),
    el("div", { class: "job-track", "aria-hidden": "true" }), trouble, tiles);

  tiles.style.setProperty("--ratio", prompt.aspect_ratio.replace(":", " / "));
  tiles.replaceChildren(...Array.from({ length: prompt.num_images }, () => el("div", { class: "tile skeleton", "aria-hidden": "true" })));
  const began = Date.parse(order.made?.created_at ?? "") || Date.now();
  const setState = (text) => { if (state.textContent !== text) state.textContent = text; };
  everySecond(clock, () => { clock.textContent = span((Date.now() - began) / 1000); });
  run().catch((error) => { if (!wasCancelled(error)) throw error; });
  return card;

  async function run() {
    const job = order.made ?? await send();
    if (job === null) return;
    card.dataset.id = job.id;
    setState("Being made");
    try {
      succeed(job.images?.length > 0 ? job : await client.waitForPrompt(job.id, { signal }));
    } catch (error) {
      if (wasCancelled(error)) return;
      if (error instanceof JobFailed) endBadly(error);
      else fail(problemBox(error), inShort(error));
    }
  }

  /** Gives the prompt that was made of the order, or null. */
  async function send() {
    setState("Sending");
    shell.say("Sent. The pictures are being made.");
    try {
      return await client.prompts.create(order.tuneId, prompt, { idempotencyKey: order.key, signal, onUncertain: doubt });
    } catch (error) {
      if (wasCancelled(error)) return null;
      const certain = outcome(error) === "no";
      if (!certain) card.dataset.outcome = "unknown";
      const way = certain && mayPassSoon(error) ? { retry: again } : { rewrite };
      fail(problemBox(error, { ...way, made: MADE }), inShort(error), certain ? "Failed" : "Not certain");
      return null;
    } finally {
      shell.spent();
    }
  }

  /** The client goes on asking what became of it, and never asks for it anew. */
  function doubt() {
    card.dataset.outcome = "unknown";
    setState("Not certain, looks for it");
    trouble.replaceChildren(el("p", { class: "hint", testid: "spent", "data-spent": "unknown" },
      `${MADE}. The gateway looks for them, and shows them here.`));
    shell.spent();
  }

  function endBadly({ reason, message }) {
    if (reason === "lost") {
      card.dataset.outcome = "unknown";
      fail(said("Nobody knows what became of these pictures", "Astria did not finish them in time, and the gateway has stopped looking. They may have been made, and counted."), "The pictures are lost", "Lost");
    } else if (reason === "deleted") {
      fail(said("These pictures were deleted", "Somebody did so on another page."), "The pictures were deleted", "Deleted");
    } else if (reason === "empty") {
      fail(said("Astria finished without a picture", "It gave no reason. Another wording may help."));
    } else {
      fail(said("Astria could not make these pictures", message));
    }
  }

  function succeed(job) {
    end("done", "Ready");
    const cost = Number.isFinite(job.cost_mc) ? ` · ${dollars(job.cost_mc)}` : "";
    meta.append(`${cost} · number ${job.id}`);
    trouble.replaceChildren();
    tiles.replaceChildren(...job.images.map((image, at) => picture(typeof image === "string" ? image : image?.url, at, job.images.length)));
    delete card.dataset.outcome;
    if (order.made?.images?.length) return; // no news
    shell.say(`${plural(job.images.length, "picture is", "pictures are")} ready.`);
    shell.spent();
  }

  function picture(value, at, all) {
    const url = value ? safeUrl(value, BASE) : null;
    if (url === null) return lost(null);
    const alt = `Picture ${at + 1} of ${all}: ${prompt.text}`;
    const image = el("img", { testid: "picture", alt, decoding: "async", referrerpolicy: "no-referrer" });
    const tile = el("button", { type: "button", class: "tile skeleton", "aria-label": `Enlarge picture ${at + 1} of ${all}`, onclick: () => enlarge(url, alt) }, image);
    image.addEventListener("load", () => { tile.classList.remove("skeleton"); image.classList.add("shown"); });
    image.addEventListener("error", () => tile.replaceWith(lost(url)));
    image.src = url;
    return tile;
  }

  function lost(url) {
    return el("div", { class: "tile lost" }, icon("broken"), el("span", { text: "This picture could not be loaded." }),
      url ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer", text: "Open its address" }) : null);
  }

  function fail(box, words = "The pictures could not be made", state = "Failed") {
    end("failed", state);
    tiles.replaceChildren();
    trouble.replaceChildren(box);
    card.querySelector(".job-progress").append(
      el("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: () => card.remove() }, icon("close")));
    shell.say(`${words}.`);
    shell.spent();
  }

  function said(title, detail) {
    return el("div", { class: "problem", role: "alert", testid: "error", "data-code": "job_failed" }, icon("warn"),
      el("div", { class: "problem-words" },
        el("p", { class: "problem-title", text: title }), el("p", { class: "problem-detail", text: detail }),
        el("p", { class: "problem-actions" }, el("button", { type: "button", class: "button small", testid: "rewrite", text: "Write it again", onclick: () => rewrite() }))));
  }

  function end(to, word) {
    stopTicking(clock);
    card.dataset.state = to;
    setState(word);
    clock.textContent = to === "done" && !order.made ? `in ${span((Date.now() - began) / 1000)}` : "";
  }
}

function enlarge(url, alt) {
  const dialog = byId("lightbox");
  dialog.replaceChildren(
    el("img", { src: url, alt, referrerpolicy: "no-referrer" }),
    el("div", { class: "lightbox-foot" },
      el("a", { class: "button small", href: url, target: "_blank", rel: "noopener noreferrer", text: "Open original" }),
      el("button", { type: "button", class: "button small", text: "Close", onclick: () => dialog.close() })));
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  dialog.showModal();
}
