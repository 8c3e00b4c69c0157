import { CleanupStack } from "../cleanup.js";
import { BasaltError, type ErrorKind, toBasaltError } from "../errors.js";
import type { PlannedNode } from "../plan/number-plan.js";
import type { JobRun } from "./job-run.js";
import { type Limit, shownLeft } from "./limit.js";

/** Only these may go better another time (lava-dispatcher.md 4). */
export const retried: ReadonlySet<ErrorKind> = new Set(["infrastructure", "job", "test"]);

/**
 * Runs a retry node's body until it succeeds, or with `repeat` as often as it says and fails with the last failure.
 * What a failed attempt opened is undone before the next; what a good one opened lives on.
 */
export async function runAttempts(
  node: PlannedNode,
  run: JobRun,
  limit: Limit,
  cleanup: CleanupStack,
  once: (cleanup: CleanupStack, attempt: number) => Promise<void>,
): Promise<void> {
  const { clock, log } = run;
  const { maxRetries, name, retryIntervalMs } = node;
  let lastFailure: BasaltError | undefined;
  for (let attempt = 1; attempt <= maxRetries; attempt++) {
    const own = new CleanupStack();
    try {
      await once(own, attempt);
      own.moveTo(cleanup);
      if (!node.repeats) return;
      continue;
    } catch (thrown) {
      const error = toBasaltError(thrown);
      if (run.signal.aborted || !retried.has(error.kind)) {
        own.moveTo(cleanup);
        throw error;
      }
      lastFailure = error;
      log.error(`${name} failed: ${attempt} of ${maxRetries} attempts. '${error.message}'`);
      await run.unwind(own);
      own.moveTo(cleanup);
    }
    if (attempt === maxRetries) break;
    if (lastFailure.noRetry !== undefined) throw given(lastFailure, `not tried again: ${lastFailure.noRetry}`);
    if (clock.monotonic() + retryIntervalMs >= limit.endsAt)
      throw given(lastFailure, `no time left to try ${name} again`);
    await clock.sleep(retryIntervalMs, { signal: run.signal });
    log.info(`Retrying: ${node.level} ${name} (timeout ${shownLeft(limit, clock.monotonic())})`);
  }
  if (lastFailure && maxRetries > 1) log.error(`${maxRetries} retries failed for ${name}`);
  if (lastFailure) throw lastFailure;
}

/** The failure with why it is given up. */
const given = (cause: BasaltError, why: string): BasaltError =>
  new BasaltError(cause.kind, cause.code, `${cause.message} (${why})`, { cause, details: cause.details });
