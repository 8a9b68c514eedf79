import type { Feed, News } from "./feed.js";
import { Inbox } from "./inbox.js";
import { anyOf, spread } from "./pause.js";
import { GatewayProblem } from "./problem.js";

const FIRST_LOOK_MS = 1000;
const SLOWEST_LOOK_MS = 5000;
const SLOWEST_RETRY_MS = 15_000;
const SELDOM_MS = 60_000; // while the stream tells; it is for what nobody thought of

/** How to wait for a job. */
export interface WaitOptions<T> {
  /** Ends the waiting, not the job. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until it fails with {@link WaitTimedOut}. Default: none. */
  timeoutMs?: number;
  /** Sees the object each time that something of it is told. */
  onUpdate?: (object: T) => void;
}

/** The job ended without a result. */
export class JobFailed<T = unknown> extends Error {
  readonly kind: "prompt" | "tune";
  readonly id: number;
  /** `failed`: `message` says why; `empty`: no picture came; `lost`: nobody heard of its end; `deleted`: it is gone. */
  readonly reason: "failed" | "empty" | "lost" | "deleted";
  /** As it was seen last. */
  readonly object: T | null;

  constructor(kind: "prompt" | "tune", id: number, reason: JobFailed["reason"], object: T | null, message: string) {
    super(message);
    this.name = "JobFailed";
    this.kind = kind;
    this.id = id;
    this.reason = reason;
    this.object = object;
  }
}

/** The job goes on; its end was not awaited. */
export class WaitTimedOut<T = unknown> extends Error {
  /** As it was seen last. */
  readonly object: T | null;

  constructor(object: T | null) {
    super("The job did not end in time");
    this.name = "WaitTimedOut";
    this.object = object;
  }
}

/** What jobs have in common. There is no status: the end shows in what they hold. */
export interface Job {
  id: number;
  trained_at?: string | null;
  user_error?: string | null;
  images?: readonly unknown[];
}

/** Is there a result, or a reason why there is none? Null while it is under way. */
export function endOf(kind: "prompt" | "tune", job: Job): "done" | "failed" | "empty" | null {
  if (kind === "prompt" && (job.images?.length ?? 0) > 0) return "done";
  if (job.user_error) return "failed";
  if (!job.trained_at) return null;
  return kind === "tune" ? "done" : "empty";
}

/**
 * Waits for a job's end: by events, and by looking while there are none. `look` gets the object as it is now.
 *
 * @throws {JobFailed} {@link WaitTimedOut} {@link GatewayProblem}, or the signal's reason
 */
export async function waitFor<T extends Job>(
  kind: "prompt" | "tune", id: number, look: (signal?: AbortSignal) => Promise<T>, feed: Feed, options: WaitOptions<T>,
): Promise<T> {
  const late = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs);
  const signal = anyOf(options.signal, late);
  // Of the stream itself only that it must be looked at again counts, so none of it is lost when one takes another's place.
  const inbox = new Inbox<News>(100, { type: "stream.reset" });
  const leave = feed.listen((news) => {
    const isOurs = !("object" in news) || (news.object.kind === kind && news.object.id === id);
    if (isOurs && news.type !== "quota.changed") inbox.put(news);
  });
  let job: T | null = null;
  const isOver = (seen: T): boolean => {
    job = seen;
    options.onUpdate?.(seen);
    const end = endOf(kind, seen);
    if (end === null || end === "done") return end === "done";
    throw new JobFailed(kind, id, end, seen, seen.user_error || "It ended without a picture");
  };
  try {
    let failures = 0;
    let looks = 0;
    let notBefore = 0; // what the gateway said to wait
    // It may have ended already.
    for (let wait = 0; ; ) {
      signal?.throwIfAborted();
      const news = await inbox.take(wait, signal);
      if (news !== undefined && "object" in news) {
        const shown = (news.prompt ?? news.tune) as T | undefined;
        if (shown !== undefined && isOver(shown)) return shown;
        if (news.type.endsWith(".deleted")) throw new JobFailed(kind, id, "deleted", job, "It was deleted");
        if (news.reason === "lost") throw new JobFailed(kind, id, "lost", job, "Nobody knows what became of it");
        continue;
      }
      if (news?.type === "stream.cut" || news?.type === "stream.refused") {
        looks = 0;
        wait = FIRST_LOOK_MS;
        continue;
      }
      if (Date.now() < notBefore) {
        wait = notBefore - Date.now();
        continue;
      }
      try {
        const seen = await look(signal);
        if (isOver(seen)) return seen;
        failures = 0;
        wait = feed.isOpen ? SELDOM_MS : Math.min(FIRST_LOOK_MS * 1.3 ** looks++, SLOWEST_LOOK_MS);
      } catch (error) {
        if (!(error instanceof GatewayProblem) || !isPassing(error)) throw error;
        notBefore = Date.now() + (error.retryAfterS ?? 0) * 1000;
        wait = Math.max(notBefore - Date.now(), spread(Math.min(FIRST_LOOK_MS * 2 ** failures++, SLOWEST_RETRY_MS)));
      }
    }
  } catch (error) {
    if (late?.aborted && error === late.reason) throw new WaitTimedOut<T>(job);
    throw error;
  } finally {
    leave();
  }
}

const isPassing = ({ status }: GatewayProblem) => status === 0 || status === 429 || status >= 500;
