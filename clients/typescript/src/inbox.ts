/** What came and was not taken yet, of at most `limit`. */
export class Inbox<T> {
  readonly #limit: number;
  readonly #instead: T;
  #kept: T[] = [];
  #wake: (() => void) | null = null;

  /** `instead` takes the place of everything that is kept when more than `limit` came. */
  constructor(limit: number, instead: T) {
    this.#limit = limit;
    this.#instead = instead;
  }

  put(item: T): void {
    if (this.#kept.length >= this.#limit) this.#kept = [this.#instead];
    this.#kept.push(item);
    this.#wake?.();
  }

  /** The next, or undefined when none came in `ms`. Rejects with the signal's reason. */
  async take(ms: number | null, signal?: AbortSignal): Promise<T | undefined> {
    if (this.#kept.length === 0) await this.#arrival(ms, signal);
    return this.#kept.shift();
  }

  #arrival(ms: number | null, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
        this.#wake = null;
      };
      const stop = () => { leave(); reject(signal?.reason); };
      const wake = () => { leave(); resolve(); };
      const timer = ms === null ? undefined : setTimeout(wake, ms);
      signal?.addEventListener("abort", stop, { once: true });
      this.#wake = wake;
    });
  }
}
