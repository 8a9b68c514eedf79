import { Csrf } from "./csrf.js";
import type { AstriaGatewayOptions } from "./options.js";
import { GatewayProblem, isSignedOut } from "./problem.js";
import { upload, type Outgoing, type UploadProgress } from "./upload.js";

/** A reply, as {@link AstriaGatewayOptions.onReply} sees it. */
export interface ReplySeen {
  method: string;
  /** Below the base URL, without a query. */
  path: string;
  /** 0 when no answer came. */
  status: number;
  headers: Headers;
  /** From the request's beginning to the reply's head. */
  elapsedMs: number;
}

/** A request, before it is known who sends it. */
export interface Call {
  method: string;
  /** Below the base URL, without a slash at its beginning. */
  path: string;
  query?: Record<string, unknown> | undefined;
  /** A form goes as it is, everything else as JSON. */
  body?: unknown;
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Instead of the client's own token or cookies. */
  bearer?: string | undefined;
}

const SAFE = new Set(["GET", "HEAD"]);

/** Sends single requests: who asks, the CSRF token, cookies, progress. Repeats nothing but for a fresh proof of who asks. */
export class Transport {
  readonly base: URL;
  readonly csrf = new Csrf(() => this.#askForCsrf());
  readonly #options: AstriaGatewayOptions;
  readonly #fetch: typeof fetch;

  constructor(options: AstriaGatewayOptions) {
    const { location } = globalThis as { location?: { href: string } };
    this.base = new URL(options.baseUrl, location?.href);
    if (!this.base.pathname.endsWith("/")) this.base.pathname += "/";
    this.#options = options;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** Gives a reply that is a success. @throws {GatewayProblem} for all others, or the signal's reason. */
  async send(call: Call): Promise<Response> {
    let token = call.bearer ?? (await this.#token());
    for (let isFirst = true; ; isFirst = false) {
      const response = await this.#once(call, token);
      if (response.ok) return response;
      const problem = await GatewayProblem.of(response);
      if (!isFirst) throw problem;
      if (problem.code === "csrf_refused" && token === undefined) {
        this.csrf.forget();
      } else if (isSignedOut(problem) && call.bearer === undefined && typeof this.#options.token === "function") {
        const fresh = await this.#token();
        if (fresh === token) throw problem;
        token = fresh;
      } else {
        throw problem;
      }
    }
  }

  async #token(): Promise<string | undefined> {
    const { token } = this.#options;
    return typeof token === "function" ? token() : token;
  }

  async #once(call: Call, token: string | undefined): Promise<Response> {
    const { method, path, body, signal } = call;
    const headers = new Headers({ Accept: "application/json", ...call.headers });
    if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
    else if (!SAFE.has(method)) headers.set(...(await this.csrf.headers()));
    if (this.#options.endUser !== undefined) headers.set("Gateway-End-User", this.#options.endUser);
    const isForm = body instanceof FormData || body instanceof URLSearchParams;
    if (body !== undefined && !isForm) headers.set("Content-Type", "application/json");
    const url = new URL(path, this.base);
    for (const [name, value] of queryOf(call.query)) url.searchParams.append(name, value);
    const outgoing: Outgoing = {
      method, url, headers, signal,
      body: body === undefined || isForm ? (body as FormData | undefined) : JSON.stringify(body),
      // A token says who asks; an exchange needs its cookie kept.
      credentials: this.#options.token === undefined ? (this.#options.credentials ?? "same-origin") : (this.#options.credentials ?? "omit"),
    };
    const began = performance.now();
    const seen = (status: number, replied: Headers) =>
      this.#options.onReply?.({ method, path, status, headers: replied, elapsedMs: performance.now() - began });
    try {
      const response = await this.#go(outgoing, call.onProgress);
      seen(response.status, response.headers);
      return response;
    } catch (error) {
      signal?.throwIfAborted();
      seen(0, new Headers());
      throw GatewayProblem.unreachable(error);
    }
  }

  #go(outgoing: Outgoing, onProgress: Call["onProgress"]): Promise<Response> {
    if (onProgress !== undefined && outgoing.body !== undefined) return upload(outgoing, onProgress, this.#fetch);
    const { url, body, signal, ...rest } = outgoing;
    return this.#fetch(url, { ...rest, body: body ?? null, signal: signal ?? null, redirect: "error" });
  }

  async #askForCsrf(): Promise<string | null> {
    try {
      const response = await this.send({ method: "GET", path: "gateway/session" });
      const session = (await response.json()) as { csrf_token?: string | null };
      return session.csrf_token ?? null;
    } catch (error) {
      if (isSignedOut(error)) return null;
      throw error;
    }
  }
}

/** `{a: 1, b: ["x", "y"], c: undefined}` → `a=1`, `b[]=x`, `b[]=y`. */
function* queryOf(query: Record<string, unknown> = {}): Iterable<[string, string]> {
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const item of value) yield [name.endsWith("[]") ? name : `${name}[]`, String(item)];
    else if (value !== undefined && value !== null) yield [name, String(value)];
  }
}
