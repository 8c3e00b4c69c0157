import { AssertionError } from "node:assert";
import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";

/** One thing that the contract asks of a plugin. */
export interface ContractCheck {
  readonly name: string;
  /** Why it does not apply to this plugin; it is to be told as skipped, not as passed. */
  readonly skip?: string;
  /** Rejects with an AssertionError that says what is wrong. */
  run(): Promise<void>;
}

/** Fails a check in words. */
export function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError({ message });
}

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

/**
 * Runs `work` with a signal, and demands that it leaves no timer that keeps the process alive, and no more than `listeners` on the signal.
 * Absent: they are not counted. What a plugin leaves on signals of single actions is not seen here.
 */
export async function leavesNothing(
  work: (stop: AbortController) => Promise<void>,
  { listeners }: { readonly listeners?: number } = {},
): Promise<void> {
  const stop = new AbortController();
  const before = timers();
  await work(stop);
  await turn();
  const [listening, left] = [getEventListeners(stop.signal, "abort").length, timers() - before];
  if (listeners !== undefined)
    demand(listening <= listeners, `${listening} listeners for 'abort' are left on the job's signal, not ${listeners}`);
  demand(left <= 0, `${left} timers are left`);
}
