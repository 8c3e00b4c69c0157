import type { CleanupStack } from "../cleanup.js";
import type { Clock } from "../clock.js";
import { type BasaltError, infrastructureError, toBasaltError } from "../errors.js";
import type { Pipeline } from "../plan/build-pipeline.js";
import type { JobRun } from "./job-run.js";
import type { Limit } from "./limit.js";
import type { Log } from "./log.js";
import { runNode } from "./run-node.js";

export interface FinishJob {
  readonly pipeline: Pipeline;
  readonly run: JobRun;
  readonly cleanup: CleanupStack;
  /** False where validation refused the job: nothing was switched on, so nothing is switched off. */
  readonly started: boolean;
  readonly failed: boolean;
}

/** What an entry gets to run in when the budget is already spent: it is called all the same. */
const lastChanceMs = 250;

/** Undoes a stack, last first, whatever fails; what hangs past the budget is left behind. Gives the failures. */
export async function unwindStack(
  stack: CleanupStack,
  { clock, log, withinMs }: { clock: Clock; log: Log; withinMs: number },
): Promise<void> {
  const endsAt = clock.monotonic() + withinMs;
  await stack.unwind(
    (what, error) => log.warning(`cleanup: ${what} failed: ${toBasaltError(error).message}`),
    async (what, work) => {
      const stop = new AbortController();
      const leftMs = Math.max(lastChanceMs, endsAt - clock.monotonic());
      const late = clock.sleep(leftMs, { signal: stop.signal }).then(
        () => true,
        () => false,
      );
      const hung = await Promise.race([work.then(() => false), late]).finally(() => stop.abort());
      if (hung) throw infrastructureError("ERR_CLEANUP_TIMEOUT", `${what} took longer than ${Math.round(leftMs)} ms`);
    },
  );
}

/**
 * Ends a job within finalize's timeout, canceled or not. A job that went well: finalize, then the stack. One that failed: first the stack
 * (leave the shell, close the console, stop QEMU), so that nothing hangs on a board that is gone, then finalize, which switches off.
 */
export async function finishJob({
  pipeline,
  run,
  cleanup,
  started,
  failed,
}: FinishJob): Promise<BasaltError | undefined> {
  const { clock, log } = run;
  const { finalize } = pipeline;
  // a canceled job is cleaned up all the same: from here on nothing aborts but time
  const calm: JobRun = { ...run, signal: new AbortController().signal };
  const startedAt = clock.monotonic();
  const endsAt = startedAt + finalize.timeoutMs;
  const leftMs = (): number => Math.max(0, endsAt - clock.monotonic());
  const switchOff = async (): Promise<BasaltError | undefined> => {
    const limit: Limit = {
      endsAt: clock.monotonic() + finalize.timeoutMs,
      of: "finalize",
      startedAt,
      ms: finalize.timeoutMs,
    };
    try {
      if (started) await runNode(finalize, calm, limit, cleanup);
      return undefined;
    } catch (error) {
      return toBasaltError(error);
    }
  };
  if (failed) {
    await unwindStack(cleanup, { clock, log, withinMs: leftMs() / 2 });
    const failure = await switchOff();
    await unwindStack(cleanup, { clock, log, withinMs: leftMs() });
    return failure;
  }
  const failure = await switchOff();
  await unwindStack(cleanup, { clock, log, withinMs: leftMs() });
  return failure;
}
