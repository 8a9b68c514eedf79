import { bodyOf } from "../form.js";
import type { CallOptions, CreateOptions } from "../paths.js";
import type { Requests } from "../requests.js";
import type { Pack, PackRunInput, PackRunResult } from "../types.js";

/** Ready-made sets of prompts. */
export class PacksApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Those that the app offers. */
  list(options: CallOptions = {}): Promise<Pack[]> {
    return this.#requests.data("GET", "/packs", options);
  }

  /** Those that everybody may run. */
  gallery(options: CallOptions = {}): Promise<Pack[]> {
    return this.#requests.data("GET", "/gallery/packs", options);
  }

  /** One of them, by its number or its slug, with its prices. */
  get(id: number | string, options: CallOptions = {}): Promise<Pack> {
    return this.#requests.data("GET", "/p/{id}", { ...options, path: { id: String(id) } });
  }

  /** Runs a pack: trains a tune from photos, or makes its prompts on one's own tunes (`tune_ids`). */
  run(id: number | string, tune: PackRunInput, options: CreateOptions = {}): Promise<PackRunResult> {
    return this.#requests.data("POST", "/p/{pack_id}/tunes", {
      ...options, path: { pack_id: String(id) }, body: bodyOf("tune", tune) as FormData,
    });
  }
}
