// Reads text/event-stream as the HTML standard interprets it ("Interpreting an event stream"), piece by piece.

const MAX_CHARS = 4 * 1024 * 1024;

/** One connection's reader. `lastId` and `retryMs` (null until the server names one) outlive it: its owner carries them on. */
export class SseReader {
  #rest = ""; // the beginning of a line
  #afterReturn = false; // an LF next belongs to the line before
  #type = "";
  #data = null;
  #id;

  constructor(lastId = "") {
    this.lastId = lastId;
    this.#id = lastId;
    this.retryMs = null;
  }

  /** Gives `{type, data, id}` of each message that `text` completes. A message that nothing completes does not count. */
  *read(text) {
    for (const line of this.#lines(text)) {
      if (line !== "") this.#field(line);
      else {
        const message = this.#dispatch();
        if (message !== null) yield message;
      }
    }
    if (this.#rest.length + (this.#data?.length ?? 0) > MAX_CHARS) throw new RangeError("a message without an end");
  }

  *#lines(text) {
    if (text === "") return;
    let from = this.#afterReturn && text[0] === "\n" ? 1 : 0;
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

  #field(line) {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "data") this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    else if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch() {
    this.lastId = this.#id;
    const message = this.#data === null ? null : { type: this.#type || "message", data: this.#data, id: this.lastId };
    this.#type = "";
    this.#data = null;
    return message;
  }
}
