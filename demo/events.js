// Follows the gateway's stream of events and opens it again whenever it breaks. By `fetch`, because `EventSource` cannot
// send a token.

import { sleep } from "./dom.js";
import { SseReader } from "./sse.js";

const FIRST_RETRY_MS = 2000; // until the server names its own
const QUICKEST_RETRY_MS = 500;
const SLOWEST_RETRY_MS = 30_000;
const SILENCE_MS = 30_000; // heartbeats are due every 15 s
const NO_STREAM_RETRY_MS = 300_000; // an older gateway, which may be replaced by a newer one
const REPLACED_RETRY_MS = 60_000; // this user has as many streams as are allowed: do not push another page out at once
const DENIED_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 300_000; // whatever the server says

/** Half of the time for sure, and up to as much again by chance: pages that were cut off together do not return together. */
const spread = (ms) => ms * (0.5 + Math.random());

/** A denied stream is not opened again with the same token. */
const DENIED = Symbol("denied");

export class EventStream {
  #lastId = "";
  #retryMs = FIRST_RETRY_MS;
  #failures = 0;

  /**
   * `api`: whose token is sent, and who logs the call. `signal` ends it. `tell(data, type)` gets every message that is not about
   * the stream itself, and `stream.reset`; `opened(is)` hears that events come, or that they do not. `renew()` says whether
   * there is another token.
   */
  constructor({ api, url, signal, tell, opened, renew, silenceMs = SILENCE_MS }) {
    Object.assign(this, { api, url, signal, tell, opened, renew, silenceMs });
  }

  /** Goes on until the signal fires; then it throws the signal's reason. */
  async run() {
    for (;;) {
      const pause = await this.#follow();
      this.opened(false);
      if (pause !== DENIED) await sleep(pause, this.signal);
      else while (!(await this.renew())) await sleep(spread(DENIED_RETRY_MS), this.signal);
    }
  }

  /** One connection from its request to its end. Gives the pause until the next one, or `DENIED`. */
  async #follow() {
    const connection = new AbortController();
    const stop = () => connection.abort(this.signal.reason);
    this.signal.throwIfAborted();
    this.signal.addEventListener("abort", stop, { once: true });
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort(new DOMException("no sign of life", "TimeoutError")), this.silenceMs);
    };
    heard();
    try {
      const response = await this.api.stream(this.url, { lastId: this.#lastId, signal: connection.signal });
      if (!response.ok) return this.#refused(response);
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return spread(NO_STREAM_RETRY_MS);
      return await this.#read(response.body.pipeThrough(new TextDecoderStream()).getReader(), heard);
    } catch {
      this.signal.throwIfAborted();
      return this.#backOff(); // cut off, silent, or not to be read
    } finally {
      clearTimeout(silence);
      this.signal.removeEventListener("abort", stop);
      connection.abort();
    }
  }

  async #read(chunks, heard) {
    const reader = new SseReader(this.#lastId);
    for (;;) {
      const { value, done } = await chunks.read();
      if (done) return this.#backOff();
      heard();
      for (const { type, data } of reader.read(value)) {
        this.#lastId = reader.lastId;
        const content = parse(data);
        if (type === "stream.end") return this.#ended(content?.reason);
        this.#failures = 0;
        this.opened(true);
        if (content !== null && type !== "stream.open") this.tell(content, type);
      }
      const retryMs = reader.retryMs ?? this.#retryMs;
      this.#retryMs = Math.min(Math.max(retryMs, QUICKEST_RETRY_MS), LONGEST_RETRY_MS);
    }
  }

  #ended(reason) {
    if (reason === "token_expired" || reason === "blocked") return DENIED;
    return reason === "replaced" ? spread(REPLACED_RETRY_MS) : this.#backOff();
  }

  #refused(response) {
    if (response.status === 401 || response.status === 403) return DENIED;
    if (response.status === 404 || response.status === 405) return spread(NO_STREAM_RETRY_MS);
    const seconds = Number(response.headers.get("Retry-After")) || 0;
    return Math.max(this.#backOff(), Math.min(seconds * 1000, LONGEST_RETRY_MS));
  }

  #backOff() {
    const pause = Math.min(this.#retryMs * 2 ** this.#failures, Math.max(this.#retryMs, SLOWEST_RETRY_MS));
    this.#failures += 1;
    return spread(pause);
  }
}

function parse(data) {
  try { return JSON.parse(data); } catch { return null; }
}
