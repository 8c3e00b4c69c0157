import { AssertionError } from "node:assert";
import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { watchSignals } from "./watch-signals.js";

/** One thing that the contract asks of a plugin. */
export interface ContractCheck {
  readonly name: string;
  /** Why it does not apply to this plugin; it is to be told as skipped, not as passed. */
  readonly skip?: string;
  /** Rejects with an AssertionError that says what is wrong. */
  run(): Promise<void>;
}

/** A check that does not apply, and why: the reason stands in its name, as test runners show no other. */
export const skipped = (name: string, reason: string): ContractCheck => ({
  name: `${name} (skipped: ${reason})`,
  skip: reason,
  run: async () => demand(false, `${name} can't be checked: ${reason}`),
});

/** Fails a check in words. */
export function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError({ message });
}

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

/**
 * Runs `work` with a signal, and demands that it leaves no timer that keeps the process alive, and no more than `listeners` on the signal.
 * Absent: they are not counted. With `actions` none may be left on any other signal either: those of single actions, which nobody keeps.
 */
export async function leavesNothing(
  work: (stop: AbortController) => Promise<void>,
  { listeners, actions = false }: { readonly listeners?: number; readonly actions?: boolean } = {},
): Promise<void> {
  const stop = new AbortController();
  const before = timers();
  using watch = watchSignals();
  await work(stop);
  await turn();
  const [listening, left] = [getEventListeners(stop.signal, "abort").length, timers() - before];
  if (listeners !== undefined)
    demand(listening <= listeners, `${listening} listeners for 'abort' are left on the job's signal, not ${listeners}`);
  if (actions) demand(watch.left().length === 0, `listeners are left on signals:\n${watch.left().join("\n")}`);
  demand(left <= 0, `${left} timers are left`);
}
