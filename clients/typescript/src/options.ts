import type { ReplySeen } from "./transport.js";

/** How to reach a gateway, and as whom. */
export interface AstriaGatewayOptions {
  /** Where the gateway stands, with its base path if it has one. Relative to the page in a browser. */
  baseUrl: string | URL;
  /**
   * A bearer token, or what gives a fresh one: it is asked before each request, and once more after a 401.
   * Without it, the browser's cookies say who this is: see {@link AstriaGatewayOptions.credentials}.
   */
  token?: string | (() => string | Promise<string>);
  /** For cookies: `include` where the page and the gateway have different origins. Default: `same-origin`. */
  credentials?: "same-origin" | "include";
  /** The end user that a service acts for (`Gateway-End-User`). With a service's key as `token` only. */
  endUser?: string;
  /** Another `fetch`, as for tests or for Node's cookies. Uploads with progress go by `XMLHttpRequest` in browsers. */
  fetch?: typeof fetch;
  /** How often a request that failed is repeated, where that is safe. Default: 2. */
  retries?: number;
  /** For how long a create of uncertain outcome is followed, in milliseconds, before it is an error. Default: 120 000. */
  followMs?: number;
  /** Sees every reply, whatever its status: for rate limits, caches, logs. */
  onReply?: (reply: ReplySeen) => void;
}
