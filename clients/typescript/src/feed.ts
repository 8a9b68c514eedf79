import type { GatewayEvent } from "./events.js";
import { anyOf, pause, spread } from "./pause.js";
import { GatewayProblem } from "./problem.js";
import { SseReader } from "./sse.js";
import type { Transport } from "./transport.js";

const FIRST_RETRY_MS = 2000; // until the server names its own
const QUICKEST_RETRY_MS = 500;
const SLOWEST_RETRY_MS = 30_000;
const SILENCE_MS = 30_000; // heartbeats are due every 15 s
const REFUSED_RETRY_MS = 60_000; // signed out, or a gateway without events
const LONGEST_RETRY_MS = 300_000; // whatever the server says

/** What a listener hears: an event, or that nobody is let in. */
export type News = GatewayEvent | { type: "stream.refused"; problem: GatewayProblem };

/**
 * The client's one stream of events, open as long as somebody listens. Comes back by itself, after what it got last
 * (`Last-Event-ID`), later each time that it fails.
 */
export class Feed {
  readonly #transport: Transport;
  readonly #listeners = new Set<(news: News) => void>();
  #stop: AbortController | null = null;
  #isOpen = false;
  #lastId = "";
  #retryMs = FIRST_RETRY_MS;
  #failures = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Do events come now? */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Hears all news until the function that it gives is called. */
  listen(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    if (this.#stop === null) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  /** Somebody else is signed in: a stream of theirs begins anew. */
  restart(): void {
    this.#end();
    if (this.#listeners.size > 0) this.#begin();
  }

  #begin(): void {
    const stop = new AbortController();
    this.#stop = stop;
    this.#failures = 0;
    void this.#run(stop.signal).catch(() => undefined); // it ends by its signal alone
  }

  #end(): void {
    this.#stop?.abort(new DOMException("nobody listens", "AbortError"));
    this.#stop = null;
    this.#lastId = ""; // the numbers are one end user's own
    this.#opened(false);
  }

  async #run(signal: AbortSignal): Promise<never> {
    for (;;) {
      const wait = await this.#follow(signal);
      signal.throwIfAborted();
      this.#opened(false);
      await pause(wait, signal);
    }
  }

  /** One connection, from its request to its end. Gives the milliseconds until the next. */
  async #follow(signal: AbortSignal): Promise<number> {
    const connection = new AbortController();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort(new DOMException("no sign of life", "TimeoutError")), SILENCE_MS);
    };
    heard();
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (this.#lastId !== "") headers["Last-Event-ID"] = this.#lastId;
      const response = await this.#transport.send({
        method: "GET", path: "gateway/events", headers, signal: anyOf(signal, connection.signal),
      });
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream") || response.body === null) return REFUSED_RETRY_MS;
      return await this.#read(response.body, heard);
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof GatewayProblem ? this.#refused(error) : this.#backOff();
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
  }

  async #read(body: ReadableStream<Uint8Array>, heard: () => void): Promise<number> {
    const chunks = body.getReader();
    const text = new TextDecoder();
    const reader = new SseReader(this.#lastId);
    for (;;) {
      const { value, done } = await chunks.read();
      if (done) return this.#backOff();
      heard();
      for (const { type, data } of reader.read(text.decode(value, { stream: true }))) {
        this.#lastId = reader.lastId;
        const event = parse(data);
        if (event === null) continue;
        if (type === "stream.end") return this.#ended((event as { reason?: string }).reason);
        this.#failures = 0;
        if (type === "stream.open") this.#isOpen = true;
        this.#tell(event);
      }
      this.#retryMs = Math.min(Math.max(reader.retryMs ?? this.#retryMs, QUICKEST_RETRY_MS), LONGEST_RETRY_MS);
    }
  }

  #ended(reason: string | undefined): number {
    if (reason === "blocked") return this.#refused(new GatewayProblem(403, { code: "blocked", title: "Access was withdrawn" }));
    if (reason === "signed_out") return this.#refused(new GatewayProblem(401, { code: "unauthenticated", title: "Signed out" }));
    return reason === "token_expired" ? spread(QUICKEST_RETRY_MS) : this.#backOff();
  }

  #refused(problem: GatewayProblem): number {
    if ([401, 403, 404].includes(problem.status)) {
      this.#tell({ type: "stream.refused", problem });
      return spread(REFUSED_RETRY_MS);
    }
    return Math.max(this.#backOff(), Math.min((problem.retryAfterS ?? 0) * 1000, LONGEST_RETRY_MS));
  }

  #backOff(): number {
    const wait = Math.min(this.#retryMs * 2 ** this.#failures, Math.max(this.#retryMs, SLOWEST_RETRY_MS));
    this.#failures += 1;
    return spread(wait);
  }

  #opened(isOpen: boolean): void {
    if (this.#isOpen === isOpen) return;
    this.#isOpen = isOpen;
    if (!isOpen) this.#tell({ type: "stream.cut" });
  }

  #tell(news: News): void {
    for (const listener of [...this.#listeners]) listener(news);
  }
}

function parse(data: string): GatewayEvent | null {
  try {
    return JSON.parse(data) as GatewayEvent;
  } catch {
    return null;
  }
}
