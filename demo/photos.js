// Section 1: photos in, warnings and common characteristics out.

import { byId, el, icon, kilobytes, plural, sleep } from "./dom.js";
import { newKey } from "./astria-client.js";
import { aggregate, isPicture, presentTraits, shrink, traitsAsPrompt, warnings } from "./inspect.js";
import { isRateLimit, problemBox, wasCancelled } from "./problem.js";

const AT_ONCE = 2;
const MAX_PHOTOS = 24;
const RATE_LIMIT_RETRIES = 3;

/** `shell`: `session()`, `say(text)`, `spent()`, `addToPrompt(text)`, `photosChanged()`. */
export function photosSection(shell) {
  const list = byId("photos");
  const input = byId("drop-input");
  const drop = byId("drop");
  const className = byId("class-name");
  let photos = [];
  let running = 0;

  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = ""; // the same file may be chosen again
  });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); add([...event.dataTransfer.files]); });
  // A photo dropped beside the zone must not replace the page.
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

  className.addEventListener("change", () => {
    shell.photosChanged();
    for (const photo of photos.filter((p) => p.inspection)) drawResult(photo); // judged again, not inspected again
  });
  byId("add-to-prompt").addEventListener("click", () => shell.addToPrompt(traitsAsPrompt(common())));

  const inspected = () => photos.filter((photo) => photo.inspection);
  const common = () => aggregate(inspected().sort((a, b) => a.order - b.order).map((photo) => photo.inspection));
  let finished = 0;

  function add(files) {
    if (!shell.session()) return;
    for (const file of files) {
      if (photos.length >= MAX_PHOTOS) {
        shell.say(`No more than ${MAX_PHOTOS} photos at a time.`);
        break;
      }
      const photo = { file, stop: new AbortController(), state: "waiting", tries: 0 };
      photos.push(photo);
      drawCard(photo);
    }
    shell.photosChanged();
    next();
  }

  function drawCard(photo) {
    photo.preview = URL.createObjectURL(photo.file);
    const image = el("img", { class: "photo-image", src: photo.preview, alt: photo.file.name });
    image.addEventListener("error", () => image.replaceWith(el("span", { class: "photo-image photo-blank" }, icon("photo"))));
    photo.line = el("p", { class: "photo-line", text: "Waiting for its turn" });
    photo.result = el("div", { class: "photo-result" });
    photo.card = el("li", { class: "photo", testid: "photo-card", "data-state": "waiting" },
      el("div", { class: "photo-frame" }, image, el("span", { class: "spinner", "aria-hidden": "true" })),
      el("div", { class: "photo-body" }, el("p", { class: "photo-name", text: photo.file.name, title: photo.file.name }), photo.line, photo.result),
      el("button", { type: "button", class: "icon-button", testid: "remove-photo", "aria-label": `Remove ${photo.file.name}`, onclick: () => remove(photo) }, icon("close")));
    list.append(photo.card);
  }

  function setState(photo, state, line) {
    photo.state = state;
    photo.card.dataset.state = state;
    photo.line.textContent = line;
  }

  function next() {
    while (running < AT_ONCE) {
      const photo = photos.find((p) => p.state === "waiting");
      if (!photo) return;
      running += 1;
      inspect(photo).finally(() => { running -= 1; next(); });
    }
  }

  async function inspect(photo) {
    const session = shell.session();
    const wanted = className.value;
    const signal = AbortSignal.any([session.stop.signal, photo.stop.signal]);
    try {
      photo.result.replaceChildren();
      if (!isPicture(photo.file)) {
        setState(photo, "failed", "This is not a picture, so it was not sent.");
        return;
      }
      setState(photo, "running", "Shrinking");
      photo.small ??= await shrink(photo.file);
      signal.throwIfAborted();
      setState(photo, "running", "Inspecting");
      // Under one key for one question: however often it is asked, the photo is inspected once.
      if (photo.asked !== wanted) Object.assign(photo, { asked: wanted, key: newKey() });
      photo.inspection = await session.client.images.inspect(photo.small.file, wanted, { signal, idempotencyKey: photo.key });
      photo.order = ++finished;
      setState(photo, "done", sizeLine(photo));
      drawResult(photo);
      shell.spent();
      const count = warnings(photo.inspection, wanted).length;
      shell.say(`${photo.file.name}: ${count === 0 ? "no warnings" : plural(count, "warning")}.`);
    } catch (error) {
      if (wasCancelled(error)) return;
      await failed(photo, error, signal);
    }
  }

  /** A rate limit is waited for, photo by photo; everything else is said and left to the user. */
  async function failed(photo, problem, signal) {
    shell.spent();
    if (isRateLimit(problem) && photo.tries < RATE_LIMIT_RETRIES && (problem.retryAfterS ?? 1) <= 60) {
      photo.tries += 1;
      try {
        for (let left = Math.max(1, Math.ceil(problem.retryAfterS ?? 1)); left > 0; left -= 1) {
          setState(photo, "running", `Rate limit: goes on in ${left} s`);
          await sleep(1000, signal);
        }
        setState(photo, "waiting", "Waiting for its turn");
      } catch { /* removed, or another user signed in */ }
      return;
    }
    setState(photo, "failed", "Not inspected");
    const again = () => {
      photo.tries = 0;
      photo.result.replaceChildren();
      setState(photo, "waiting", "Waiting for its turn");
      next();
    };
    // The same bytes would be refused again.
    const refused = [413, 415, 422].includes(problem.status);
    photo.result.replaceChildren(problemBox(problem, {
      retry: refused ? null : again,
      made: "The photo may have been inspected, and counted",
    }));
  }

  function sizeLine({ file, small }) {
    const size = small.width ? `${small.width} × ${small.height}, ` : "";
    return small.shrunk ? `Sent ${size}${kilobytes(small.file.size)} instead of ${kilobytes(file.size)}` : `Sent as it is, ${size}${kilobytes(file.size)}`;
  }

  function drawResult(photo) {
    const found = warnings(photo.inspection, className.value);
    photo.card.dataset.warnings = found.length;
    photo.result.replaceChildren(found.length === 0
      ? el("p", { class: "chip good" }, icon("check"), "Good for training")
      : el("ul", { class: "chips", "aria-label": "Warnings" }, ...found.map((text) =>
        el("li", { class: "chip warn", testid: "warning" }, icon("warn"), text))));
    drawTraits();
  }

  function drawTraits() {
    const values = common();
    const traits = presentTraits(values);
    const root = byId("characteristics");
    root.hidden = inspected().length === 0;
    root.dataset.json = JSON.stringify(values);
    byId("add-to-prompt").disabled = traits.length === 0;
    byId("traits").replaceChildren(...(traits.length === 0
      ? [el("li", { class: "hint", text: "Nothing that could be recognised." })]
      : traits.map(({ key, label, value }) => el("li", { class: "chip trait", testid: "characteristic", "data-key": key },
        el("span", { class: "chip-key", text: label }), value))));
  }

  function forget(photo) {
    photo.stop.abort(new DOMException("removed", "AbortError"));
    photo.state = "removed";
    if (photo.preview) URL.revokeObjectURL(photo.preview);
    photo.card.remove();
  }

  function remove(photo) {
    const at = photos.indexOf(photo);
    forget(photo);
    photos = photos.filter((other) => other !== photo);
    shell.photosChanged();
    drawTraits();
    shell.say(`${photo.file.name} removed.`);
    const neighbour = photos[Math.min(at, photos.length - 1)];
    (neighbour?.card.querySelector(".icon-button") ?? input).focus();
  }

  return {
    /** The photos as they were chosen: a training wants them in full. */
    files: () => photos.filter((photo) => isPicture(photo.file)).map((photo) => photo.file),
    className: () => className.value,
    reset() {
      photos.forEach(forget);
      photos = [];
      shell.photosChanged();
      className.value = "woman";
      drawTraits();
    },
  };
}
