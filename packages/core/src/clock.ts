import { timeoutError } from "./errors.js";

/** A running time limit. Dispose it, or it keeps the process alive until it fires. */
export interface Deadline extends Disposable {
  /** Aborts with the deadline's error (kind `timeout`) when time is up. */
  readonly signal: AbortSignal;
}

/** All time in Basalt comes from here, so tests can fake it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A monotonic time in milliseconds, for durations. */
  monotonic(): number;
  /** Unlike `AbortSignal.timeout()`: keeps the process alive, says what timed out, and can be faked. */
  deadline(ms: number, what: string): Deadline;
  /** Resolves after `ms`, rejects with the signal's reason when that aborts first. */
  sleep(ms: number, options: { readonly signal: AbortSignal }): Promise<void>;
}

// setTimeout takes a signed 32-bit number of milliseconds (24.8 days) and fires at once above it.
const longestTimerMs = 2 ** 31 - 1;

function startTimer(ms: number, fire: () => void): () => void {
  const until = performance.now() + ms;
  let timer: ReturnType<typeof setTimeout>;
  const arm = (leftMs: number): void => {
    timer = setTimeout(
      () => {
        const stillLeftMs = until - performance.now();
        if (stillLeftMs > 1) arm(stillLeftMs);
        else fire();
      },
      Math.min(Math.max(leftMs, 0), longestTimerMs),
    );
  };
  arm(ms);
  return () => clearTimeout(timer);
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  deadline(ms, what) {
    const controller = new AbortController();
    const stop = startTimer(ms, () =>
      controller.abort(
        timeoutError("ERR_TIMEOUT", `${what} timed out after ${Math.round(ms / 1000)} seconds`, {
          details: { what, ms },
        }),
      ),
    );
    return { signal: controller.signal, [Symbol.dispose]: stop };
  },
  sleep(ms, { signal }) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        stop();
        reject(signal.reason);
      };
      const stop = startTimer(ms, () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  },
};

/** A promise that rejects when the signal aborts, for racing against work that may ignore its signal. */
export function rejectOnAbort(signal: AbortSignal): { readonly promise: Promise<never>; off(): void } {
  let onAbort = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  promise.catch(() => {});
  return { promise, off: () => signal.removeEventListener("abort", onAbort) };
}
