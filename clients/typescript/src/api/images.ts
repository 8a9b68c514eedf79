import { bodyOf } from "../form.js";
import type { CreateOptions } from "../paths.js";
import type { Requests } from "../requests.js";
import type { Inspection } from "../types.js";

/** Photos, before they train anything. */
export class ImagesApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** What a photo shows, and what might spoil a training. `name` is what it should show: `man`, `woman`, `cat`, … */
  inspect(file: Blob, name: string, options: CreateOptions = {}): Promise<Inspection> {
    return this.#requests.data("POST", "/images/inspect", { ...options, body: bodyOf(null, { name, file }) as FormData });
  }
}
