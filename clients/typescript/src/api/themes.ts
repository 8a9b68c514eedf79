import { bodyOf } from "../form.js";
import type { CreateOptions } from "../paths.js";
import type { Requests } from "../requests.js";
import type { ThemeInput } from "../types.js";

/** Ten prompts for each of one's own tunes. */
export class ThemesApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Asks for one. Its prompts appear one after the other, as events and in the list. */
  async create(theme: ThemeInput, options: CreateOptions = {}): Promise<void> {
    await this.#requests.data("POST", "/themes", { ...options, body: bodyOf("theme", theme) as FormData });
  }
}
