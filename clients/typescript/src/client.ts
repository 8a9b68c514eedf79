import { AccountApi } from "./api/account.js";
import { GuestApi } from "./api/guest.js";
import { ImagesApi } from "./api/images.js";
import { PacksApi } from "./api/packs.js";
import { PromptsApi } from "./api/prompts.js";
import { SessionApi } from "./api/session.js";
import { ThemesApi } from "./api/themes.js";
import { TunesApi } from "./api/tunes.js";
import { listen, type GatewayEvent } from "./events.js";
import { Feed } from "./feed.js";
import type { AstriaGatewayOptions } from "./options.js";
import type { AnswerOf, CallOptions, Method, Operation, PathOf, Reply, RequestOptions } from "./paths.js";
import { Requests } from "./requests.js";
import { Transport } from "./transport.js";
import type { FinishedPrompt, Prompt, Tune } from "./types.js";
import type { WaitOptions } from "./wait.js";

const RETRIES = 2;
const FOLLOW_MS = 120_000;

/**
 * A gateway, as one end user sees it.
 *
 * Every failure is a {@link GatewayProblem}, but for an abort (the signal's reason) and for jobs that end badly
 * ({@link JobFailed}).
 */
export class AstriaGateway {
  readonly session: SessionApi;
  readonly guest: GuestApi;
  readonly packs: PacksApi;
  readonly images: ImagesApi;
  readonly tunes: TunesApi;
  readonly prompts: PromptsApi;
  readonly themes: ThemesApi;
  readonly account: AccountApi;
  readonly #requests: Requests;
  readonly #feed: Feed;

  constructor(options: AstriaGatewayOptions) {
    const transport = new Transport(options);
    this.#requests = new Requests(transport, { retries: options.retries ?? RETRIES, followMs: options.followMs ?? FOLLOW_MS });
    this.#feed = new Feed(transport);
    this.session = new SessionApi(this.#requests, this.#feed);
    this.guest = new GuestApi(this.#requests, this.#feed);
    this.packs = new PacksApi(this.#requests);
    this.images = new ImagesApi(this.#requests);
    this.tunes = new TunesApi(this.#requests, this.#feed);
    this.prompts = new PromptsApi(this.#requests, this.#feed);
    this.themes = new ThemesApi(this.#requests);
    this.account = new AccountApi(this.#requests);
  }

  /** Where the gateway stands, with a slash at its end. */
  get baseUrl(): URL {
    return this.#requests.transport.base;
  }

  /** Do events come now? */
  get isLive(): boolean {
    return this.#feed.isOpen;
  }

  /**
   * What happens to the end user's own objects, from now on: `for await (const event of client.events({ signal }))`. All
   * listeners and all waits share one stream, which comes back by itself; see {@link GatewayEvent}.
   */
  events({ signal }: CallOptions = {}): AsyncGenerator<GatewayEvent, never, void> {
    return listen(this.#feed, signal);
  }

  /** A ticket for an `EventSource`, which can send no token. */
  eventsTicket(options: CallOptions = {}) {
    return this.#requests.data("POST", "/gateway/events/ticket", options);
  }

  /**
   * Waits until a prompt's pictures are there, also if they are there already: by events, and by asking now and then while no
   * stream is open.
   *
   * @throws {JobFailed} if there will be none, {@link WaitTimedOut} after `timeoutMs`, {@link GatewayProblem}, or the signal's reason
   */
  waitForPrompt(id: number, options: WaitOptions<Prompt> = {}): Promise<FinishedPrompt> {
    return this.prompts.wait(id, options);
  }

  /** The same of a tune, until it is trained. */
  waitForTune(id: number, options: WaitOptions<Tune> = {}): Promise<Tune> {
    return this.tunes.wait(id, options);
  }

  /** Any operation of the gateway's document, typed by it: `client.request("GET", "/prompts/{id}", { path: { id } })`. */
  request<M extends Method, P extends PathOf<M>>(
    method: M, path: P, options: RequestOptions<Operation<M, P>>,
  ): Promise<Reply<AnswerOf<Operation<M, P>>>> {
    return this.#requests.request(method, path, options);
  }
}
