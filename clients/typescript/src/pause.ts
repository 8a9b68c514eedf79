/** Waits, or rejects with the signal's reason. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Half of the time for sure, and up to as much again by chance: clients that were cut off together do not return together. */
export const spread = (ms: number): number => ms * (0.5 + Math.random());

/** One signal of those that are there. */
export function anyOf(...signals: (AbortSignal | null | undefined)[]): AbortSignal | undefined {
  const there = signals.filter((signal) => signal != null);
  return there.length > 1 ? AbortSignal.any(there) : there[0];
}
