import { type Clock, infrastructureError, isBasaltError } from "@basalt/core";

/** How often and how long apart (lava-dispatcher.md 7.1: 15 tries for GET, 9 for HEAD, backoff factor 0.1). */
export interface RetryPlan {
  readonly retries: number;
  /** The first wait is this; each one doubles. */
  readonly backoffMs: number;
  readonly longestWaitMs: number;
}

export interface RetryOptions extends RetryPlan {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onNote?(text: string): void;
  /** Counts what was achieved: a try that got further makes the count of failures start again. */
  progress?(): number;
}

/** Fetched by a try that then broke: enough that the line, though bad, is worth more tries. */
const worthBytes = 1 << 20;

const isTransient = (error: unknown): error is Error & { details: { retryAfterMs?: number } } =>
  isBasaltError(error) && error.details.transient === true;

/** Runs `attempt` until it succeeds, fails for good, or has failed too often in a row. */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, retries, backoffMs, longestWaitMs, progress = () => 0 } = options;
  for (let failures = 0; ; ) {
    const before = progress();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!isTransient(error) || !isBasaltError(error)) throw error;
      failures = progress() - before >= worthBytes ? 1 : failures + 1;
      if (failures > retries)
        throw infrastructureError(error.code, `${error.message} (gave up after ${failures} tries)`, {
          cause: error,
          details: { tries: failures },
        });
      const waitMs = Math.min(
        Math.max(backoffMs * 2 ** (failures - 1), Number(error.details.retryAfterMs ?? 0)),
        longestWaitMs,
      );
      options.onNote?.(`${error.message}; trying again in ${(waitMs / 1000).toFixed(1)} s (${failures} of ${retries})`);
      await clock.sleep(waitMs, { signal });
    }
  }
}
