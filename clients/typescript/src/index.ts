export { AstriaGateway } from "./client.js";
export type { AstriaGatewayOptions } from "./options.js";
export type { ReplySeen } from "./transport.js";
export {
  GatewayProblem, isBlocked, isInvalid, isNotFound, isOutcomeUnknown, isQuotaExceeded, isRateLimited, isSignedOut, isUnreachable,
  type ProblemBody, type Spent,
} from "./problem.js";
export { JobFailed, WaitTimedOut, type Job, type WaitOptions } from "./wait.js";
export type { GatewayEvent, ObjectEvent } from "./events.js";
export { readQuotaLeft, type QuotaLeft } from "./quota.js";
export { SseReader, type SseMessage } from "./sse.js";
export { newKey } from "./key.js";
export type { UploadProgress } from "./upload.js";
export type { Page } from "./pages.js";
export type { AnswerOf, CallOptions, CreateOptions, JsonBodyOf, Method, Operation, PathOf, QueryOf, Reply, RequestOptions } from "./paths.js";
export type { components, paths } from "./schema.js";
export type * from "./types.js";
