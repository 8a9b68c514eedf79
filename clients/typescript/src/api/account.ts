import type { CallOptions } from "../paths.js";
import type { Requests } from "../requests.js";
import type { Account, AccountData, CreateOutcome } from "../types.js";

/** The end user's own account here. */
export class AccountApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Who am I, on which plan, with how much used, held and left. */
  get(options: CallOptions = {}): Promise<Account> {
    return this.#requests.data("GET", "/gateway/account", options);
  }

  /** A page of what is held of me; `next` of one page is where the next begins. */
  data(after?: string, options: CallOptions = {}): Promise<AccountData> {
    return this.#requests.data("GET", "/gateway/account/data", { ...options, query: after === undefined ? {} : { after } });
  }

  /** Deletes every tune, prompt and picture of mine. It goes on by itself; `data()` says how far it is. */
  erase(options: CallOptions = {}) {
    return this.#requests.data("DELETE", "/gateway/account/data", { ...options, headers: { "Gateway-Confirm": "erase" } });
  }

  /** What became of a create of which the answer was lost, by the last part of its `statusUrl`. */
  create(id: string, options: CallOptions = {}): Promise<CreateOutcome> {
    return this.#requests.data("GET", "/gateway/creates/{id}", { ...options, path: { id } });
  }
}
