// Section 4: the prompt form, and what becomes of it.

import { newKey } from "./astria-client.js";
import { byId, el, plural } from "./dom.js";
import { leftOf } from "./meters.js";
import { jobCard } from "./job.js";
import { inShort, wasCancelled } from "./problem.js";

const RATIOS = ["1:1", "4:5", "2:3", "9:16", "5:4", "3:2", "16:9"];
const MIN_IMAGES = 1;
const MAX_IMAGES = 8;
const EARLIER = 6;

/** `shell`: `session()`, `say(text)`, `spent()`, `quotas()`, `tunes()`. `train` knows one's own models. */
export function createSection(shell, train) {
  const form = byId("create-form");
  const text = byId("prompt-text");
  const note = byId("prompt-note");
  const count = byId("num-images");
  const tune = byId("tune");
  const jobs = byId("jobs");

  byId("ratios").append(el("div", { class: "ratio-list" }, ...RATIOS.map((ratio, at) => {
    const id = `ratio-${at}`;
    return el("span", { class: "ratio" },
      el("input", { type: "radio", name: "ratio", id, value: ratio, checked: at === 0 }),
      el("label", { for: id }, el("span", { class: `ratio-shape ratio-${ratio.replace(":", "-")}`, "aria-hidden": "true" }), ratio));
  })));

  const images = () => Math.min(MAX_IMAGES, Math.max(MIN_IMAGES, Math.round(Number(count.value)) || MIN_IMAGES));
  const setImages = (value) => {
    count.value = Math.min(MAX_IMAGES, Math.max(MIN_IMAGES, value));
    drawPrice();
  };
  byId("fewer").addEventListener("click", () => setImages(images() - 1));
  byId("more").addEventListener("click", () => setImages(images() + 1));
  count.addEventListener("input", drawPrice);
  count.addEventListener("change", () => setImages(images()));
  text.addEventListener("input", () => mark(""));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });

  function mark(message) {
    note.hidden = message === "";
    note.textContent = message;
    text.setAttribute("aria-invalid", String(message !== ""));
  }

  function send() {
    if (!shell.session()) return;
    const words = text.value.trim();
    if (words === "") {
      mark("Write a few words first: what should the pictures show?");
      text.focus();
      return;
    }
    setImages(images());
    const prompt = { text: words, num_images: images(), aspect_ratio: form.elements.ratio.value };
    const negative = byId("negative").value.trim();
    if (negative !== "") prompt.negative_prompt = negative;
    start({ tuneId: tune.value, tuneTitle: tune.selectedOptions[0]?.textContent ?? "", prompt, key: newKey() });
  }

  function start(order) {
    const card = put(order);
    card.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  function put(order) {
    const card = jobCard(shell, order, {
      again() { card.remove(); start(order); },
      rewrite: () => fill(order),
    });
    jobs.prepend(card);
    return card;
  }

  /** What was made before this page was opened, or by the guest who is signed in now. */
  async function showEarlier({ client, stop: { signal } }) {
    try {
      const earlier = await client.prompts.list({ limit: EARLIER }, { signal });
      const shown = new Set([...jobs.children].map((card) => card.dataset.id));
      for (const made of earlier.reverse()) {
        if (shown.has(String(made.id))) continue;
        const prompt = { text: made.text ?? "", num_images: made.num_images ?? 1, aspect_ratio: made.aspect_ratio ?? RATIOS[0] };
        put({ tuneId: String(made.tune_id), tuneTitle: titleOf(made.tune_id), prompt, key: newKey(), made });
      }
    } catch (error) {
      if (!wasCancelled(error)) shell.say(`What you made earlier could not be loaded: ${inShort(error)}.`);
    }
  }

  const titleOf = (id) => [...tune.options].find((option) => option.value === String(id))?.textContent ?? `Model ${id}`;

  /** Puts an order back into the form. It does not send it: the pictures of the first one may exist. */
  function fill({ tuneId, prompt }) {
    text.value = prompt.text;
    byId("negative").value = prompt.negative_prompt ?? "";
    tune.value = tuneId;
    form.elements.ratio.value = prompt.aspect_ratio;
    setImages(prompt.num_images);
    mark("");
    text.focus();
    shell.say("The prompt is in the form again. Nothing is sent until you press Create.");
  }

  function drawPrice() {
    const price = byId("price-note");
    const quota = shell.session() ? leftOf(shell.quotas(), "images") : null;
    const wanted = images();
    const short = quota !== null && quota.left < wanted;
    price.classList.toggle("short", short);
    if (quota === null) price.textContent = `Makes ${plural(wanted, "picture")}.`;
    else if (short) price.textContent = `Only ${plural(quota.left, "image")} left ${quota.period}: the gateway will refuse ${wanted}.`;
    else price.textContent = `Takes ${wanted} of the ${plural(quota.left, "image")} left ${quota.period}.`;
  }

  const option = ({ id, title }) => el("option", { value: id, text: title || `Model ${id}` });

  return {
    drawPrice,
    addToPrompt(words) {
      const before = text.value.trimEnd();
      text.value = before === "" ? words : `${before}${/[,.;:]$/.test(before) ? "" : ","} ${words}`;
      mark("");
      text.focus();
      shell.say("Added to the prompt.");
    },
    async start() {
      const session = shell.session();
      tune.replaceChildren(...shell.tunes().map(option));
      drawPrice();
      await train.start(session);
      if (shell.session() === session) await showEarlier(session);
    },
    /** One's own model, among the others. */
    addTune(own) {
      if (![...tune.options].some(({ value }) => value === String(own.id))) tune.prepend(option(own));
    },
    chooseTune(own) {
      tune.value = String(own.id);
    },
    reset() {
      form.reset();
      mark("");
      jobs.replaceChildren();
      drawPrice();
    },
  };
}
