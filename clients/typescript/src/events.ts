import type { Feed, News } from "./feed.js";
import { Inbox } from "./inbox.js";
import type { Account, Prompt, Tune } from "./types.js";

/** What happens to the end user's own objects (docs/events.md). An object is shown as it is when the event is sent. */
export type GatewayEvent =
  | ObjectEvent<"prompt", "updated" | "finished" | "failed" | "expiring" | "deleted", Prompt>
  | ObjectEvent<"tune", "updated" | "trained" | "failed" | "expiring" | "deleted", Tune>
  | { type: "quota.changed"; at: string; quotas: Account["quotas"] }
  /** The stream is there: from here on nothing is missed. */
  | { type: "stream.open" }
  /** Some events are not kept any more: load your lists anew. */
  | { type: "stream.reset" }
  /** From the client itself: the connection broke. It comes back, and what was missed follows. */
  | { type: "stream.cut" };

/** An event of one object. */
export interface ObjectEvent<Kind extends string, What extends string, Shown> {
  type: `${Kind}.${What}`;
  at: string;
  object: { kind: Kind; id: number; tune_id?: number };
  /** `lost`: nobody heard of the job's end for longer than jobs take. */
  reason?: "lost";
  prompt?: Kind extends "prompt" ? Shown : never;
  tune?: Kind extends "tune" ? Shown : never;
}

const MOST_KEPT = 1000;

/**
 * All events from now on, for as long as somebody takes them. Ends by `break`, by the signal (it throws its reason), or with a
 * `GatewayProblem` when nobody is signed in. Who takes them too slowly gets `stream.reset` instead of what was missed.
 */
export async function* listen(feed: Feed, signal?: AbortSignal): AsyncGenerator<GatewayEvent, never, void> {
  const inbox = new Inbox<News>(MOST_KEPT, { type: "stream.reset" });
  const leave = feed.listen((news) => inbox.put(news));
  // At once, even if nobody takes the next one any more.
  signal?.addEventListener("abort", leave, { once: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const news = await inbox.take(null, signal);
      if (news?.type === "stream.refused") throw news.problem;
      if (news !== undefined) yield news;
    }
  } finally {
    signal?.removeEventListener("abort", leave);
    leave();
  }
}
