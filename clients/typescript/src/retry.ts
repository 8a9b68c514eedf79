import { pause, spread } from "./pause.js";
import { GatewayProblem } from "./problem.js";
import type { Call, Transport } from "./transport.js";

const FIRST_MS = 300;
const LONGEST_MS = 10_000;
const LOOK_MS = 1000;

/** What may pass in a moment, if nothing was spent. Quotas do not. */
const MAY_PASS = new Set([
  "unreachable", "body_timeout", "rate_limited", "overloaded", "auth_unavailable", "store_unavailable",
  "ledger_unavailable", "upstream_busy", "upstream_unreachable", "upstream_failed", "upstream_reply_invalid",
  "upstream_timeout", "http_502", "http_503", "http_504",
]);

/** How patient a client is. */
export interface Patience {
  /** Tries after the first. */
  retries: number;
  /** Milliseconds for which a create of uncertain outcome is followed. */
  followMs: number;
}

/** A create: its key, and who hears that its outcome is not known yet. */
export interface Create {
  key: string;
  onUncertain?: ((problem: GatewayProblem) => void) | undefined;
}

/**
 * Sends a call, and again where that cannot do it twice: what only reads, and creates under a key. Their key stays the same
 * whatever happens, so the gateway carries them out once.
 */
export async function sendPatiently(transport: Transport, call: Call, create: Create | null, patience: Patience): Promise<Response> {
  const key = create?.key ?? null;
  const isSafe = key !== null || call.method === "GET";
  const followUntil = Date.now() + patience.followMs;
  const sent: Call = key === null ? call : { ...call, headers: { ...call.headers, "Idempotency-Key": `"${key}"` } };
  for (let failures = 0; ; ) {
    try {
      return await transport.send(sent);
    } catch (error) {
      if (!(error instanceof GatewayProblem)) throw error;
      error.idempotencyKey = key;
      if (!isSafe) throw error;
      if (create !== null && error.spent === "unknown" && error.statusUrl !== null) {
        create.onUncertain?.(error);
        await follow(transport, error, error.statusUrl, followUntil, call.signal);
      } else if (error.code === "idempotency_key_in_use" && Date.now() < followUntil) {
        await pause(Math.max((error.retryAfterS ?? 0) * 1000, LOOK_MS), call.signal);
      } else {
        const wait = Math.max((error.retryAfterS ?? 0) * 1000, spread(FIRST_MS * 2 ** failures));
        if (!MAY_PASS.has(error.code) || error.spent === "yes" || wait > LONGEST_MS || failures >= patience.retries) throw error;
        failures += 1;
        await pause(wait, call.signal);
      }
    }
  }
}

/** Waits until the gateway knows what became of a create; under its key it then answers as it would have. */
async function follow(transport: Transport, problem: GatewayProblem, statusUrl: string, until: number, signal?: AbortSignal) {
  // At our own base URL: no address from a body gets to know who asks.
  const id = new URL(statusUrl, transport.base).pathname.split("/").pop() ?? "";
  const path = `gateway/creates/${encodeURIComponent(id)}`;
  for (let wait = LOOK_MS; ; wait = Math.min(wait * 1.5, LONGEST_MS)) {
    if (Date.now() + wait > until) throw problem;
    await pause(wait, signal);
    try {
      const response = await transport.send({ method: "GET", path, signal });
      const { state } = (await response.json()) as { state?: string };
      if (state === "made" || state === "nothing") return;
      if (state === "presumed") throw problem;
    } catch (error) {
      // What cannot be told now may be told later; whose it is not, will not.
      if (!(error instanceof GatewayProblem) || error === problem) throw error;
      if (!MAY_PASS.has(error.code)) throw problem;
    }
  }
}
