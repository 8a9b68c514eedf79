import type { Feed } from "../feed.js";
import { bodyOf } from "../form.js";
import { allOf } from "../pages.js";
import type { CallOptions, CreateOptions } from "../paths.js";
import type { Requests } from "../requests.js";
import type { FinishedPrompt, Prompt, PromptInput, PromptsQuery } from "../types.js";
import { waitFor, type WaitOptions } from "../wait.js";

/** Pictures, made from words. */
export class PromptsApi {
  readonly #requests: Requests;
  readonly #feed: Feed;

  constructor(requests: Requests, feed: Feed) {
    this.#requests = requests;
    this.#feed = feed;
  }

  /** Makes pictures with a tune: one's own, a shared one, or a model's name. */
  create(tune: number | string, prompt: PromptInput, options: CreateOptions = {}): Promise<Prompt> {
    return this.#requests.data("POST", "/tunes/{tune_id}/prompts", {
      ...options, path: { tune_id: tune as number }, body: bodyOf("prompt", prompt) as FormData,
    });
  }

  /** Makes pictures; `tune_id`, or the text, says with what. */
  createAtRoot(prompt: PromptInput & { tune_id?: number | string }, options: CreateOptions = {}): Promise<Prompt> {
    return this.#requests.data("POST", "/prompts", { ...options, body: bodyOf("prompt", prompt) as FormData });
  }

  /** A page of one's own, newest first. */
  list(query: PromptsQuery = {}, options: CallOptions = {}): Promise<Prompt[]> {
    return this.#requests.data("GET", "/prompts", { ...options, query });
  }

  /** All of one's own, newest first. */
  all(query: PromptsQuery = {}, { signal }: CallOptions = {}): AsyncGenerator<Prompt, void, void> {
    return allOf((page) => this.list(page, { signal }), query);
  }

  /** One of them, as it is now. */
  get(id: number, options: CallOptions = {}): Promise<Prompt> {
    return this.#requests.data("GET", "/prompts/{id}", { ...options, path: { id } });
  }

  /** Deletes it. */
  async delete(id: number, options: CallOptions = {}): Promise<void> {
    await this.#requests.data("DELETE", "/prompts/{id}", { ...options, path: { id } });
  }

  /** Makes it once more, with what is said here changed. */
  duplicate(id: number, prompt: Partial<PromptInput> = {}, options: CreateOptions = {}): Promise<Prompt> {
    return this.#requests.data("POST", "/prompts/{id}/duplicate", {
      ...options, path: { id }, body: bodyOf("prompt", prompt) as FormData,
    });
  }

  /** Likes it. */
  async like(id: number, options: CallOptions = {}): Promise<void> {
    await this.#requests.data("POST", "/prompts/{id}/likes", { ...options, path: { id } });
  }

  /** Does not like it any more. */
  async unlike(id: number, options: CallOptions = {}): Promise<void> {
    await this.#requests.data("DELETE", "/prompts/{id}/likes", { ...options, path: { id } });
  }

  /** Waits for its pictures; see `waitForPrompt`. */
  wait(id: number, options: WaitOptions<Prompt> = {}): Promise<FinishedPrompt> {
    const look = (signal?: AbortSignal) => this.get(id, { signal });
    return waitFor("prompt", id, look, this.#feed, options) as Promise<FinishedPrompt>;
  }
}
