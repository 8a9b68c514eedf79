import type { Feed } from "../feed.js";
import type { CallOptions } from "../paths.js";
import type { Requests } from "../requests.js";
import type { Session } from "../types.js";

/** Trying it before signing up. */
export class GuestApi {
  readonly #requests: Requests;
  readonly #feed: Feed;

  constructor(requests: Requests, feed: Feed) {
    this.#requests = requests;
    this.#feed = feed;
  }

  /** Makes this browser a guest. What it makes becomes the end user's who signs in here later. */
  async begin(options: CallOptions = {}): Promise<Session> {
    const session = await this.#requests.data("POST", "/gateway/guest", options);
    this.#requests.transport.csrf.learn(session.csrf_token ?? null);
    this.#feed.restart();
    return session;
  }
}
