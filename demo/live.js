// What the stream of events means for this page: who waits for which prompt, and whether anybody has to ask by himself.

import { byId } from "./dom.js";
import { EventStream } from "./events.js";
import { BASE } from "./api.js";

const KEPT = 100;

/** A look is due: events may have been missed. */
export const LOOK = Symbol("look");
/** The stream broke: from now on only looking helps. */
export const CUT = Symbol("cut");

export class Live {
  #waiting = new Map(); // prompt → those who wait for news of it
  #kept = new Map(); // prompt → news that nobody has waited for yet, as when an event overtakes the reply to its create
  #opening = null;
  #stream;

  /** `quotas(list)` gets what `quota.changed` says, `changed(open)` every change between live and not. */
  constructor({ api, signal, renew, quotas, changed }) {
    this.signal = signal;
    this.quotas = quotas;
    this.changed = changed;
    this.#stream = new EventStream({
      api, signal, renew, url: new URL("gateway/events", BASE),
      tell: (data, type) => this.#tell(data, type),
      opened: (is) => this.#opened(is),
    });
    show(false);
  }

  /** Until the session ends. */
  async run() {
    try {
      await this.#stream.run();
    } catch (error) {
      if (!this.signal.aborted) throw error;
    }
  }

  /** Another object each time the stream opens, null while it is not open: the same twice means that no event was missed between. */
  get opening() { return this.#opening; }

  /** The next event about a prompt; `LOOK` after `ms` or when events may have been missed; `CUT` when the stream broke. */
  hear(id, ms, signal) {
    const key = String(id);
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      return Promise.resolve(kept);
    }
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        const others = this.#waiting.get(key);
        others?.delete(wake);
        if (others?.size === 0) this.#waiting.delete(key);
      };
      const wake = (news) => { leave(); resolve(news); };
      const stop = () => { leave(); reject(signal.reason); };
      const timer = setTimeout(wake, ms, LOOK);
      signal.addEventListener("abort", stop, { once: true });
      if (!this.#waiting.has(key)) this.#waiting.set(key, new Set());
      this.#waiting.get(key).add(wake);
    });
  }

  #opened(is) {
    if (is === (this.#opening !== null) || this.signal.aborted) return;
    this.#opening = is ? {} : null;
    show(is);
    this.#wakeAll(is ? LOOK : CUT);
    this.changed(is);
  }

  #tell(data, type) {
    if (this.signal.aborted) return;
    if (type === "stream.reset") {
      this.#wakeAll(LOOK);
      this.changed(true);
    } else if (type === "quota.changed") {
      if (Array.isArray(data.quotas)) this.quotas(data.quotas);
    } else if (data.object?.kind === "prompt") {
      const key = String(data.object.id);
      const waiting = this.#waiting.get(key);
      if (waiting) for (const wake of [...waiting]) wake(data);
      else this.#keep(key, data);
    }
  }

  #keep(key, news) {
    this.#kept.delete(key);
    this.#kept.set(key, news);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value);
  }

  #wakeAll(news) {
    for (const waiting of [...this.#waiting.values()]) for (const wake of [...waiting]) wake(news);
  }
}

function show(open) {
  const words = open ? "Live" : "Not live, asks every few seconds";
  const line = byId("live");
  document.documentElement.dataset.stream = open ? "open" : "polling";
  line.dataset.open = String(open);
  if (line.textContent !== words) line.textContent = words;
}
