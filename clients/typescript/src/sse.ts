const MAX_CHARS = 4 * 1024 * 1024;

/** A message of a stream. */
export interface SseMessage {
  type: string;
  data: string;
  id: string;
}

/**
 * Reads text/event-stream as the HTML standard interprets it ("Interpreting an event stream"), piece by piece: one
 * connection's reader. `lastId` and `retryMs` outlive it; its owner carries them on.
 */
export class SseReader {
  /** Of the last message that had one. */
  lastId: string;
  /** How long to wait before coming back; null until the server says it. */
  retryMs: number | null = null;
  #rest = ""; // the beginning of a line
  #afterReturn = false; // an LF next belongs to the line before
  #type = "";
  #data: string | null = null;
  #id: string;

  constructor(lastId = "") {
    this.lastId = lastId;
    this.#id = lastId;
  }

  /** Gives each message that `text` completes. A message that nothing completes does not count. */
  *read(text: string): Generator<SseMessage> {
    for (const line of this.#lines(text)) {
      if (line !== "") {
        this.#field(line);
        continue;
      }
      const message = this.#dispatch();
      if (message !== null) yield message;
    }
    if (this.#rest.length + (this.#data?.length ?? 0) > MAX_CHARS) throw new RangeError("a message without an end");
  }

  *#lines(text: string): Generator<string> {
    if (text === "") return;
    let from = this.#afterReturn && text.startsWith("\n") ? 1 : 0;
    this.#afterReturn = text.endsWith("\r");
    const ends = /\r\n?|\n/g;
    ends.lastIndex = from;
    for (let end; (end = ends.exec(text)) !== null; from = ends.lastIndex) {
      const line = this.#rest + text.slice(from, end.index);
      this.#rest = "";
      yield line;
    }
    this.#rest += text.slice(from);
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "data") this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    else if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(): SseMessage | null {
    this.lastId = this.#id;
    const message = this.#data === null ? null : { type: this.#type || "message", data: this.#data, id: this.lastId };
    this.#type = "";
    this.#data = null;
    return message;
  }
}
