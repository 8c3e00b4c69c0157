import type { CleanupStack } from "../cleanup.js";
import { type Clock, rejectOnAbort } from "../clock.js";
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

interface Unwinding {
  readonly clock: Clock;
  readonly log: Log;
  readonly withinMs: number;
  /** When it aborts, what hangs gets no more than a last chance. */
  readonly signal?: AbortSignal;
}

/** Undoes a stack, last first, whatever fails; what hangs past the budget is left behind. */
export async function unwindStack(stack: CleanupStack, { clock, log, withinMs, signal }: Unwinding): Promise<void> {
  const endsAt = clock.monotonic() + withinMs;
  await stack.unwind(
    (what, error) => log.warning(`cleanup: ${what} failed: ${toBasaltError(error).message}`),
    async (what, work) => {
      const startedAt = clock.monotonic();
      const stop = new AbortController();
      const after = (ms: number): Promise<"late"> =>
        clock.sleep(ms, { signal: stop.signal }).then(() => "late" as const);
      const late = after(signal?.aborted ? lastChanceMs : Math.max(lastChanceMs, endsAt - startedAt));
      const { promise: aborted, off } = rejectOnAbort(signal ?? stop.signal);
      const hurried = aborted.catch(() => after(lastChanceMs));
      for (const waiting of [late, hurried]) waiting.catch(() => {});
      const ended = await Promise.race([work, late, hurried]).finally(() => {
        off();
        stop.abort();
      });
      const tookMs = Math.round(clock.monotonic() - startedAt);
      if (ended === "late") throw infrastructureError("ERR_CLEANUP_TIMEOUT", `${what} took longer than ${tookMs} ms`);
    },
  );
}

/**
 * Ends a job within finalize's timeout, canceled or not. A job that went well: finalize, then the stack. One that failed: first the stack
 * (leave the shell, close the console, stop QEMU), so that nothing hangs on a board that is gone, then finalize, which switches off:
 * always once the job had started, as LAVA does (lava-dispatcher.md 3.8), even where somebody else has the console and it opened none.
 * Whoever works on a board by hand takes it out of service first.
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
    const limit: Limit = { endsAt, of: "finalize", startedAt, ms: finalize.timeoutMs };
    try {
      if (started) await runNode(finalize, calm, limit, cleanup);
      return undefined;
    } catch (error) {
      return toBasaltError(error);
    }
  };
  if (failed) await unwindStack(cleanup, { clock, log, withinMs: leftMs() / 2 });
  const failure = await switchOff();
  await unwindStack(cleanup, { clock, log, withinMs: leftMs() });
  cleanup.seal((what, error) => log.warning(`cleanup: ${what}, opened late, failed: ${toBasaltError(error).message}`));
  return failure;
}
