// Talks to the gateway, and to nothing else. Turns every failure into one `Problem`, so that no other file parses errors.

/** The folder above this script's own: the gateway's base path, whatever it is. */
export const BASE = new URL("..", import.meta.url);

/** Why a call failed. `network` is true when no answer came at all. */
export class Problem extends Error {
  constructor({ status = 0, body = {}, requestId = null, retryAfterS = null, network = false }) {
    super(body.title || (network ? "No answer" : `HTTP ${status}`));
    this.status = status;
    this.network = network;
    this.code = typeof body.code === "string" ? body.code : "";
    this.title = typeof body.title === "string" ? body.title : "";
    this.detail = firstText(body.detail, body.error, body.message, body.base);
    this.spent = String(body.spent ?? "").toLowerCase();
    this.requestId = firstText(body.request_id, body.instance, requestId);
    this.retryAfterS = Number.isFinite(body.retry_after_s) ? body.retry_after_s : retryAfterS;
    this.fields = fieldMessages(body);
  }

  get isQuota() { return this.code === "quota_exhausted"; }
  get isRateLimit() { return this.status === 429 && !this.isQuota; }
}

/** A new idempotency key. (`randomUUID` is there on pages of https and localhost only.) */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Api {
  /** `watch.headers(headers)` and `watch.call({method, path, status, ms, cache})` see every reply. */
  constructor(token, signal, watch) {
    this.token = token;
    this.signal = signal;
    this.watch = watch;
  }

  get(path, options) { return this.call("GET", path, options); }
  post(path, options) { return this.call("POST", path, options); }

  /** Opens a stream of events, from the one after `lastId` on. Gives the response; throws what `fetch` throws. */
  async stream(url, { lastId, signal }) {
    const headers = { Accept: "text/event-stream" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (lastId !== "") headers["Last-Event-ID"] = lastId;
    const started = performance.now();
    const done = (status) =>
      this.watch?.call({ method: "GET", path: "gateway/events", status, cache: "", ms: Math.round(performance.now() - started) });
    try {
      const response = await fetch(url, { headers, signal, credentials: "omit", redirect: "error", cache: "no-store" });
      this.watch?.headers(response.headers);
      done(response.status);
      return response;
    } catch (error) {
      if (!this.signal.aborted) done(0);
      throw error;
    }
  }

  /** Gives `{data, headers}`; throws a `Problem`, or the signal's own reason when it was cancelled. */
  async call(method, path, { json, form, headers = {}, signal } = {}) {
    const both = signal ? AbortSignal.any([this.signal, signal]) : this.signal;
    const request = {
      method,
      signal: both,
      credentials: "omit",
      redirect: "error",
      headers: { Accept: "application/json", ...headers },
    };
    if (this.token) request.headers.Authorization = `Bearer ${this.token}`;
    if (json !== undefined) {
      request.headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(json);
    } else if (form !== undefined) {
      request.body = form;
    }

    const started = performance.now();
    const done = (status, cache = "") =>
      this.watch?.call({ method, path, status, cache, ms: Math.round(performance.now() - started) });
    let response;
    let text;
    this.watch?.begin?.();
    try {
      response = await fetch(new URL(path, BASE), request);
      text = await response.text();
    } catch {
      if (both.aborted) throw both.reason;
      done(0);
      throw new Problem({ network: true });
    } finally {
      this.watch?.end?.();
    }
    this.watch?.headers(response.headers);
    done(response.status, cacheWord(response.headers.get("Cache-Status")));

    const data = parseJson(text);
    if (response.ok) return { data, headers: response.headers };
    throw new Problem({
      status: response.status,
      body: data && typeof data === "object" && !Array.isArray(data) ? data : {},
      requestId: response.headers.get("X-Request-Id"),
      retryAfterS: retryAfter(response.headers.get("Retry-After")),
    });
  }
}

export const wasCancelled = (error) => !(error instanceof Problem) && error?.name === "AbortError";

/** "hit", "stale", "miss" or "" from `Cache-Status` (RFC 9211); the last cache in the list answered us. */
export function cacheWord(header) {
  if (!header) return "";
  const parts = header.split(",").pop().split(";").map((part) => part.trim().toLowerCase());
  if (parts.includes("hit") || parts.includes("hit=?1")) return parts.some((part) => /^ttl=-/.test(part)) ? "stale" : "hit";
  return "miss";
}

/** `"user";r=42;t=13, "ip";r=…` → [{name, r, t}], for `RateLimit` and `RateLimit-Policy` alike. */
export function parseLimits(header) {
  if (!header) return [];
  return header.split(",").map((item) => {
    const [name, ...parts] = item.split(";").map((part) => part.trim());
    const limit = { name: name.replace(/^"|"$/g, "") };
    for (const part of parts) {
      const [key, value] = part.split("=");
      const number = Number(value);
      if (Number.isFinite(number)) limit[key] = number;
    }
    return limit;
  });
}

function parseJson(text) {
  try { return JSON.parse(text); } catch { return null; }
}

function retryAfter(header) {
  if (!header) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

function firstText(...values) {
  for (const value of values) {
    if (typeof value === "string" && value.trim() !== "") return value;
    if (Array.isArray(value) && value.length > 0) return value.filter((v) => typeof v === "string").join(" ");
  }
  return "";
}

/** Field → messages, from `errors`, or from the members of a relayed Astria validation answer. */
function fieldMessages(body) {
  const source = body.errors && typeof body.errors === "object" ? body.errors : body;
  return Object.entries(source)
    .filter(([key, value]) => key !== "base" && Array.isArray(value) && value.every((v) => typeof v === "string"))
    .map(([key, value]) => [key, value]);
}
