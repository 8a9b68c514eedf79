// One prompt from "sent" to its pictures: a card that watches its own job.

import { byId, dollars, el, everySecond, icon, plural, safeUrl, sleep, span, stopTicking } from "./dom.js";
import { BASE, Problem, wasCancelled } from "./api.js";
import { CUT, LOOK } from "./live.js";
import { inShort, mayPassSoon, outcome, problemBox } from "./problem.js";

const FIRST_POLL_MS = 1000;
const SELDOM_MS = 60_000; // while the stream tells; it is for what nobody thought of
const SLOWEST_POLL_MS = 3000;
const SLOWEST_RETRY_MS = 8000;
const MAX_SILENT_POLLS = 40;
const MADE = "The pictures may have been made, and counted";

/**
 * `order`: `{tuneId, tuneTitle, prompt, key}`; however often it is sent under its key, it is made once. `again()` sends
 * it once more and is offered only where it is certain that nothing was spent; `rewrite()` puts it back into the form,
 * where somebody has to press Create for it, which makes a new key.
 */
export function jobCard(shell, order, { again, rewrite }) {
  const session = shell.session();
  const signal = session.stop.signal;
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
  const began = Date.now();
  const setState = (text) => { if (state.textContent !== text) state.textContent = text; };
  everySecond(clock, () => { clock.textContent = span((Date.now() - began) / 1000); });
  setState("Sending");
  shell.say("Sent. The pictures are being made.");
  run().catch((error) => { if (!wasCancelled(error)) throw error; });
  return card;

  async function run() {
    let job;
    const opening = session.live.opening;
    try {
      const headers = { "Idempotency-Key": `"${order.key}"` };
      const reply = await session.api.post(`tunes/${encodeURIComponent(order.tuneId)}/prompts`, { json: { prompt }, headers, signal });
      job = Array.isArray(reply.data) ? reply.data[0] : reply.data;
    } catch (error) {
      if (wasCancelled(error)) return;
      shell.spent();
      const certain = outcome(error) === "no";
      if (!certain) card.dataset.outcome = "unknown";
      const way = certain && mayPassSoon(error) ? { retry: again } : { rewrite };
      fail(problemBox(error, { ...way, made: MADE }), inShort(error), certain ? "Failed" : "Not certain");
      return;
    }
    shell.spent();
    if (job?.id === undefined || job.id === null) {
      card.dataset.outcome = "unknown";
      fail(said("The gateway accepted the prompt, but did not say its number", "The pictures may be made and counted all the same; they cannot be shown here."));
      return;
    }
    card.dataset.id = job.id;
    setState("Being made");
    // A stream that opened while the prompt was on its way may have missed its end.
    const told = session.live.opening;
    await watch(job, told === null || told === opening ? FIRST_POLL_MS : 0);
  }

  /** Waits for what the stream tells of the job, and looks by itself, every few seconds while there is no stream. */
  async function watch(job, firstMs) {
    const { live } = session;
    const path = `prompts/${encodeURIComponent(String(job.id))}`;
    let wait = FIRST_POLL_MS;
    let pause = firstMs > 0 && live.opening ? SELDOM_MS : firstMs;
    let silent = 0;
    while (!settled(job)) {
      const news = await live.hear(job.id, pause, signal);
      if (news === CUT) {
        pause = wait = FIRST_POLL_MS;
        continue;
      }
      if (news !== LOOK && news.prompt) {
        job = news.prompt;
        if (news.reason === "lost") {
          if (!settled(job)) lose();
          return;
        }
        setState("Being made");
        continue;
      }
      try {
        job = (await session.api.get(path, { signal })).data ?? job;
        silent = 0;
        setState("Being made");
        wait = Math.min(wait * 1.3, SLOWEST_POLL_MS);
        pause = live.opening ? SELDOM_MS : wait;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const passing = error.network || error.status === 429 || error.status >= 500;
        if (!passing || ++silent > MAX_SILENT_POLLS) {
          fail(problemBox(error), inShort(error));
          return;
        }
        wait = Math.max((error.retryAfterS ?? 0) * 1000, Math.min(wait * 1.6, SLOWEST_RETRY_MS));
        pause = wait;
        setState(`${error.isRateLimit ? "Asking less often" : inShort(error)}, looks again in ${span(Math.ceil(wait / 1000))}`);
      }
    }
  }

  /** Draws the end of a job, if it is one. There is no status: filled `images`, or a reason, or an end without either. */
  function settled(job) {
    if (Array.isArray(job.images) && job.images.length > 0) succeed(job);
    else if (job.user_error) fail(said("Astria could not make these pictures", String(job.user_error)));
    else if (job.trained_at) fail(said("Astria finished without a picture", "It gave no reason. Another wording may help."));
    else return false;
    return true;
  }

  function lose() {
    card.dataset.outcome = "unknown";
    fail(said("Nobody knows what became of these pictures", "Astria did not finish them in time, and the gateway has stopped looking. They may have been made, and counted."), "The pictures are lost", "Lost");
  }

  function succeed(job) {
    end("done", "Ready");
    const cost = Number.isFinite(job.cost_mc) ? ` · ${dollars(job.cost_mc)}` : "";
    meta.append(`${cost} · number ${job.id}`);
    trouble.replaceChildren();
    tiles.replaceChildren(...job.images.map((image, at) => picture(typeof image === "string" ? image : image?.url, at, job.images.length)));
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
    clock.textContent = to === "done" ? `in ${span((Date.now() - began) / 1000)}` : "";
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
