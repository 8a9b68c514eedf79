import type { Feed } from "../feed.js";
import type { CallOptions } from "../paths.js";
import type { Requests } from "../requests.js";
import type { LoginProvider, Session, SessionOnDevice } from "../types.js";

/** Signing in and out, by cookies that no script can read. */
export class SessionApi {
  readonly #requests: Requests;
  readonly #feed: Feed;

  constructor(requests: Requests, feed: Feed) {
    this.#requests = requests;
    this.#feed = feed;
  }

  /** Who is signed in. @throws {GatewayProblem} `isSignedOut` for nobody */
  async get(options: CallOptions = {}): Promise<Session> {
    return this.#learn(await this.#requests.data("GET", "/gateway/session", options));
  }

  /** Exchanges a token for a session of this browser. The token is not kept. */
  async signIn(token: string, { signal }: CallOptions = {}): Promise<Session> {
    const { transport } = this.#requests;
    const response = await transport.send({ method: "POST", path: "gateway/session", bearer: token, signal });
    this.#feed.restart();
    return this.#learn((await response.json()) as Session);
  }

  /** Where one may sign in. */
  async providers(options: CallOptions = {}): Promise<LoginProvider[]> {
    return (await this.#requests.data("GET", "/gateway/login", options)).providers;
  }

  /** Where to send the browser for a sign-in: `location.assign(…)`. It comes back to `returnTo`, a path of the app. */
  loginUrl(provider: string, returnTo?: string): string {
    const url = new URL(`gateway/login/${encodeURIComponent(provider)}`, this.#requests.transport.base);
    if (returnTo !== undefined) url.searchParams.set("return_to", returnTo);
    return url.href;
  }

  /** Signs out here. */
  async signOut(options: CallOptions = {}): Promise<void> {
    await this.#requests.data("DELETE", "/gateway/session", options);
    this.#forget();
  }

  /** Signs out here. Gives where to send the browser to sign out at the provider too, if it has such a place. */
  async logout(options: CallOptions = {}): Promise<string | null> {
    const { logout_url } = await this.#requests.data("POST", "/gateway/logout", options);
    this.#forget();
    return logout_url ?? null;
  }

  /** Where this end user is signed in. */
  async list(options: CallOptions = {}): Promise<SessionOnDevice[]> {
    return (await this.#requests.data("GET", "/gateway/sessions", options)).sessions;
  }

  /** Ends one of these. */
  async revoke(id: string, options: CallOptions = {}): Promise<void> {
    await this.#requests.data("DELETE", "/gateway/sessions/{id}", { ...options, path: { id } });
  }

  /** Signs out everywhere. */
  async signOutEverywhere(options: CallOptions = {}): Promise<void> {
    await this.#requests.data("DELETE", "/gateway/sessions", options);
    this.#forget();
  }

  #learn(session: Session): Session {
    this.#requests.transport.csrf.learn(session.csrf_token ?? null);
    return session;
  }

  #forget(): void {
    this.#requests.transport.csrf.forget();
    this.#feed.restart();
  }
}
