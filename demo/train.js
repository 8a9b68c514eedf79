// Section 2: a model of one's own, trained from the photos above.

import { JobFailed, newKey } from "./astria-client.js";
import { byId, dollars, el, everySecond, icon, kilobytes, plural, span, stopTicking } from "./dom.js";
import { inShort, mayPassSoon, outcome, problemBox, wasCancelled } from "./problem.js";

const KNOWN = 20;

/** `shell`: `session()`, `say(text)`, `spent()`, `photos()`, `className()`, `addTune(tune)`, `useTune(tune)`. */
export function trainSection(shell) {
  const form = byId("train-form");
  const title = byId("tune-title");
  const button = byId("train");
  const list = byId("tunes");

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!shell.session() || shell.photos().length === 0) return;
    const order = { title: title.value.trim() || "My model", name: shell.className(), images: shell.photos() };
    row({ ...order, count: order.images.length }, (card) => send(card, order, newKey()));
  });

  function drawButton() {
    const count = shell.photos().length;
    button.disabled = count === 0;
    button.textContent = count === 0 ? "Train" : `Train on ${plural(count, "photo")}`;
    byId("train-note").textContent = count === 0 ? "Add photos above first: ten or more make a good model." : `Sends the photos as they are, ${kilobytes(shell.photos().reduce((sum, { size }) => sum + size, 0))}.`;
  }

  /** One training from its photos to its end. `work(card)` gives the tune that was made, or null. */
  function row({ title: words, name, count, id }, work) {
    const state = el("span", { testid: "tune-state" });
    const clock = el("span", { class: "job-clock" });
    const bar = el("progress", { class: "upload", testid: "upload", max: 1, value: 0, "aria-label": "Photos sent" });
    const body = el("div", { class: "tune-body" });
    const node = el("li", { class: "tune", testid: "tune-card", "data-state": "running", "data-id": id },
      el("div", { class: "job-head" },
        el("div", { class: "job-words" }, el("p", { class: "tune-title", text: words }),
          el("p", { class: "job-meta", text: [name, count ? plural(count, "photo") : ""].filter(Boolean).join(" · ") })),
        el("p", { class: "job-progress" }, el("span", { class: "dot", "aria-hidden": "true" }), state, clock)),
      bar, body);
    const card = {
      node, bar, body,
      say(text) { state.textContent = text; },
      end(to, text) {
        node.dataset.state = to;
        state.textContent = text;
        bar.remove();
        stopTicking(clock);
        clock.textContent = "";
      },
      count(from) { everySecond(clock, () => { clock.textContent = span((Date.now() - from) / 1000); }); },
    };
    list.prepend(node);
    follow(card, work).catch((error) => { if (!wasCancelled(error)) throw error; });
  }

  async function follow(card, work) {
    const { client, stop: { signal } } = shell.session();
    card.count(Date.now());
    const made = await work(card);
    if (made === null) return;
    card.node.dataset.id = made.id;
    card.bar.remove();
    card.say("Being trained");
    try {
      const tune = made.trained_at ? made : await client.waitForTune(made.id, { signal });
      card.end("done", "Ready");
      shell.addTune(tune);
      const cost = Number.isFinite(tune.cost_mc) ? `${dollars(tune.cost_mc)} · ` : "";
      card.body.append(el("p", { class: "tune-foot" }, el("span", { class: "hint", text: `${cost}number ${tune.id}` }),
        el("button", { type: "button", class: "button small", testid: "use-tune", text: "Make pictures with it", onclick: () => shell.useTune(tune) })));
      shell.say(`${tune.title ?? "The model"} is trained.`);
    } catch (error) {
      if (wasCancelled(error)) return;
      card.end("failed", "Failed");
      card.body.append(error instanceof JobFailed ? said(error.message) : problemBox(error));
    } finally {
      shell.spent();
    }
  }

  /** Sends the photos. Under its key a training is begun once, however often this is tried. */
  async function send(card, order, key) {
    const { client, stop: { signal } } = shell.session();
    card.say("Sending photos");
    try {
      return await client.tunes.create(order, {
        signal, idempotencyKey: key,
        onProgress({ loaded, total }) {
          card.bar.value = loaded / total;
          if (loaded === total) card.say("Photos sent");
        },
        onUncertain() { card.say("Not certain, looks for it"); },
      });
    } catch (error) {
      if (wasCancelled(error)) return null;
      const again = () => {
        card.node.remove();
        row({ ...order, count: order.images.length }, (next) => send(next, order, key));
      };
      const certain = outcome(error) === "no";
      card.end("failed", certain ? "Failed" : "Not certain");
      card.body.append(problemBox(error, { retry: certain && !mayPassSoon(error) ? null : again, made: "The training may have begun, and counted" }));
      shell.say(`${inShort(error)}.`);
      shell.spent();
      return null;
    }
  }

  function said(detail) {
    return el("div", { class: "problem", role: "alert", testid: "error", "data-code": "job_failed" }, icon("warn"),
      el("div", { class: "problem-words" }, el("p", { class: "problem-title", text: "Astria could not train this model" }),
        el("p", { class: "problem-detail", text: detail })));
  }

  return {
    drawButton,
    /** Shows one's own models, and waits for those that are not trained yet. */
    async start({ client, stop: { signal } }) {
      drawButton();
      try {
        const tunes = await client.tunes.list({ limit: KNOWN }, { signal });
        for (const tune of tunes.reverse()) {
          row({ id: tune.id, title: tune.title ?? `Model ${tune.id}`, name: tune.name, count: tune.orig_images?.length }, async () => tune);
        }
      } catch (error) {
        if (!wasCancelled(error)) shell.say(`Your models could not be loaded: ${inShort(error)}.`);
      }
    },
    reset() {
      form.reset();
      list.replaceChildren();
      drawButton();
    },
  };
}
