import { isCreate, newKey } from "./key.js";
import type { AnswerOf, Method, Operation, PathOf, Reply, RequestOptions } from "./paths.js";
import { sendPatiently, type Patience } from "./retry.js";
import type { Transport } from "./transport.js";

/** Sends what the document knows. */
export class Requests {
  readonly transport: Transport;
  readonly #patience: Patience;

  constructor(transport: Transport, patience: Patience) {
    this.transport = transport;
    this.#patience = patience;
  }

  /**
   * Any operation of the document. Creates get an `Idempotency-Key`, so that they are carried out once however often they are
   * sent; these and reads are repeated when they fail for a passing reason.
   *
   * @throws {GatewayProblem} for what is no success, or the signal's reason
   */
  async request<M extends Method, P extends PathOf<M>>(
    method: M, path: P, options: RequestOptions<Operation<M, P>>,
  ): Promise<Reply<AnswerOf<Operation<M, P>>>> {
    const { query, body, headers, signal, onProgress, onUncertain, idempotencyKey } = options;
    const filled = fill(String(path), options.path as Record<string, unknown> | undefined);
    const key = idempotencyKey ?? (isCreate(method, filled) ? newKey() : null);
    const call = { method, path: filled, query: query as Record<string, unknown> | undefined, body, headers, signal, onProgress };
    const response = await sendPatiently(this.transport, call, key === null ? null : { key, onUncertain }, this.#patience);
    return { data: (await dataOf(response)) as AnswerOf<Operation<M, P>>, status: response.status, headers: response.headers };
  }

  /** The same, and only what it answers with. */
  async data<M extends Method, P extends PathOf<M>>(
    method: M, path: P, options: RequestOptions<Operation<M, P>>,
  ): Promise<AnswerOf<Operation<M, P>>> {
    return (await this.request(method, path, options)).data;
  }
}

/** `/prompts/{id}` and `{id: 7}` → `prompts/7`. */
function fill(path: string, params: Record<string, unknown> = {}): string {
  return path.replace(/^\//, "").replace(/\{\*?([^}]+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
}

/** Nothing for a reply without a body. */
async function dataOf(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === "" ? undefined : JSON.parse(text);
}
