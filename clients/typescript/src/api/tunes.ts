import type { Feed } from "../feed.js";
import { bodyOf } from "../form.js";
import { allOf } from "../pages.js";
import type { CallOptions, CreateOptions } from "../paths.js";
import type { Requests } from "../requests.js";
import type { Prompt, PromptsQuery, Tune, TuneChange, TuneInput, TunesQuery } from "../types.js";
import { waitFor, type WaitOptions } from "../wait.js";

/** Models, trained from photos. */
export class TunesApi {
  readonly #requests: Requests;
  readonly #feed: Feed;

  constructor(requests: Requests, feed: Feed) {
    this.#requests = requests;
    this.#feed = feed;
  }

  /** Trains one, from photos (`images`) or from where they are (`image_urls`). */
  create(tune: TuneInput, options: CreateOptions = {}): Promise<Tune> {
    return this.#requests.data("POST", "/tunes", { ...options, body: bodyOf("tune", tune) as FormData });
  }

  /** A page of one's own, newest first. */
  list(query: TunesQuery = {}, options: CallOptions = {}): Promise<Tune[]> {
    return this.#requests.data("GET", "/tunes", { ...options, query });
  }

  /** All of one's own, newest first. */
  all(query: TunesQuery = {}, { signal }: CallOptions = {}): AsyncGenerator<Tune, void, void> {
    return allOf((page) => this.list(page, { signal }), query);
  }

  /** One of them, as it is now. */
  get(id: number, options: CallOptions = {}): Promise<Tune> {
    return this.#requests.data("GET", "/tunes/{id}", { ...options, path: { id } });
  }

  /** Changes what it says. */
  update(id: number, tune: TuneChange, options: CallOptions = {}): Promise<Tune> {
    return this.#requests.data("PATCH", "/tunes/{id}", { ...options, path: { id }, body: { tune } });
  }

  /** Deletes it. */
  async delete(id: number, options: CallOptions = {}): Promise<void> {
    await this.#requests.data("DELETE", "/tunes/{id}", { ...options, path: { id } });
  }

  /** What Astria shows to everybody. */
  gallery(options: CallOptions = {}): Promise<Tune[]> {
    return this.#requests.data("GET", "/gallery/tunes", options);
  }

  /** A page of the prompts on it. */
  prompts(id: number, query: PromptsQuery = {}, options: CallOptions = {}): Promise<Prompt[]> {
    return this.#requests.data("GET", "/tunes/{tune_id}/prompts", { ...options, path: { tune_id: id }, query });
  }

  /** Waits until it is trained. @throws {JobFailed} if it will not be; see `waitForPrompt` */
  wait(id: number, options: WaitOptions<Tune> = {}): Promise<Tune> {
    const look = (signal?: AbortSignal) => this.get(id, { signal });
    return waitFor("tune", id, look, this.#feed, options);
  }
}
