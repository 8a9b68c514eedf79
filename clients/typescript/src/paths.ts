import type { paths } from "./schema.js";
import type { GatewayProblem } from "./problem.js";
import type { UploadProgress } from "./upload.js";

/** A method of HTTP. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The paths of the document that have a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<Lowercase<M>, { responses: unknown }> ? P : never;
}[keyof paths];

/** An operation of the document. */
export type Operation<M extends Method, P extends PathOf<M>> = paths[P] extends Record<Lowercase<M>, infer Op> ? Op : never;

type JsonOf<Reply> = Reply extends { content: { "application/json": infer Data } } ? Data : undefined;

/** What an operation answers with, if it succeeds. */
export type AnswerOf<Op> = Op extends { responses: infer Replies }
  ? { [Status in keyof Replies]: Status extends 200 | 201 | 202 | 204 ? JsonOf<Replies[Status]> : never }[keyof Replies]
  : never;

/** What an operation takes as JSON. */
export type JsonBodyOf<Op> = Op extends { requestBody?: { content: { "application/json": infer Data } } } ? Data : never;

/** What an operation takes in its query. */
export type QueryOf<Op> = Op extends { parameters: { query?: infer Query } } ? NonNullable<Query> : never;

type PathParamsOf<Op> = Op extends { parameters: { path: infer Params } } ? { path: Params } : { path?: never };

/** What else to say with a request. */
export interface CallOptions {
  /** Aborts the request. What was sent may have been carried out. */
  signal?: AbortSignal | undefined;
}

/** The same, of a create. */
export interface CreateOptions extends CallOptions {
  /** Goes on with a create that failed: its key. Without it, each create gets one of its own, kept over its retries. */
  idempotencyKey?: string;
  /** Hears how much of the body is on its way. */
  onProgress?: (progress: UploadProgress) => void;
  /** Hears that nobody knows yet what became of it; the client goes on asking. */
  onUncertain?: (problem: GatewayProblem) => void;
}

/** Everything that a typed request takes. */
export type RequestOptions<Op> = PathParamsOf<Op> & CreateOptions & {
  query?: QueryOf<Op>;
  body?: JsonBodyOf<Op> | FormData | URLSearchParams;
  headers?: Record<string, string>;
};

/** A reply, and its data. */
export interface Reply<T> {
  data: T;
  status: number;
  headers: Headers;
}
