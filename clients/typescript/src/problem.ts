import type { components } from "./schema.js";
import type { QuotaLeft } from "./quota.js";
import { readQuotaLeft } from "./quota.js";

type Schemas = components["schemas"];

/** The stable name of what happened (docs/errors.md). */
export type ProblemCode = Schemas["ProblemCode"];
/** The body of every error of the gateway (RFC 9457). */
export type ProblemBody = Schemas["Problem"];
/** Whether money may have been spent. */
export type Spent = NonNullable<ProblemBody["spent"]>;

// What comes over the wire may be of a newer gateway, or of what stands before it.
type Told = Partial<Pick<ProblemBody, "title" | "detail" | "request_id" | "retry_after_s" | "spent" | "errors" | "quota" | "status_url">> & {
  code?: string;
};

/** Why a call failed. Everything that the gateway refuses is one of these; `code` says what it is. */
export class GatewayProblem extends Error {
  /** The stable name of what happened (docs/errors.md); `unreachable` when no answer came at all. */
  readonly code: ProblemCode | "unreachable" | (string & {});
  /** The status of HTTP; 0 when no answer came. */
  readonly status: number;
  /** A sentence for people; it may change. */
  readonly detail: string;
  /** By it, the operator finds the request. */
  readonly requestId: string | null;
  /** Seconds to wait before another try. */
  readonly retryAfterS: number | null;
  /** Whether money may have been spent; null where that is no question. */
  readonly spent: Spent | null;
  /** Field → what is wrong with it. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
  /** The quota that is used up. */
  readonly quota: Schemas["Quota"] | null;
  /** What is left of all quotas that the request counted against. */
  readonly quotaLeft: readonly QuotaLeft[];
  /** Where the outcome of this create will be told. */
  readonly statusUrl: string | null;
  /** The body as it came. */
  readonly body: Told;
  /** The key of the create that failed: sent again under it, it is made once. */
  idempotencyKey: string | null = null;

  constructor(status: number, body: Told, headers: Headers = new Headers(), options?: ErrorOptions) {
    super(body.title ?? `HTTP ${status}`, options);
    this.name = "GatewayProblem";
    this.status = status;
    this.body = body;
    this.code = body.code ?? `http_${status}`;
    this.detail = body.detail ?? "";
    this.requestId = body.request_id ?? headers.get("X-Request-Id");
    this.retryAfterS = body.retry_after_s ?? secondsOf(headers.get("Retry-After"));
    this.spent = body.spent ?? null;
    this.errors = body.errors ?? {};
    this.quota = body.quota ?? null;
    this.quotaLeft = readQuotaLeft(headers);
    this.statusUrl = body.status_url ?? null;
  }

  /** Of a reply that is no success. Reads its body. */
  static async of(response: Response): Promise<GatewayProblem> {
    const body: unknown = await response.json().catch(() => null);
    const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
    return new GatewayProblem(response.status, isObject ? body : {}, response.headers);
  }

  /** No answer came: whether the request arrived is not known. */
  static unreachable(cause: unknown): GatewayProblem {
    return new GatewayProblem(0, { code: "unreachable", title: "The gateway did not answer" }, undefined, { cause });
  }
}

function secondsOf(header: string | null): number | null {
  const seconds = header === null || header === "" ? NaN : Number(header);
  return Number.isFinite(seconds) ? seconds : null;
}

const has = (...codes: string[]) => (error: unknown): error is GatewayProblem =>
  error instanceof GatewayProblem && codes.includes(error.code);

/** The plan's quota is used up; `quota` says which, `retryAfterS` until when. */
export const isQuotaExceeded = has("quota_exhausted");
/** Too much in a short time: `retryAfterS` says when to go on. */
export const isRateLimited = has("rate_limited", "too_many_jobs", "too_many_streams", "too_many_guests");
/** Nobody is signed in, or not any more. */
export const isSignedOut = has("unauthenticated", "invalid_token");
/** There is no such object, or it is somebody else's. */
export const isNotFound = has("not_found");
/** Fields are wrong; `errors` names them. */
export const isInvalid = has("validation_failed", "photo_refused");
/** No answer came. */
export const isUnreachable = has("unreachable");
/** The operator withdrew this end user's access. */
export const isBlocked = has("blocked");
/** A create that may have been carried out: come back with the same `idempotencyKey`, never with a new one. */
export const isOutcomeUnknown = (error: unknown): error is GatewayProblem =>
  error instanceof GatewayProblem && (error.spent === "unknown" || (error.status === 0 && error.idempotencyKey !== null));
