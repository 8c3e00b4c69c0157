import type { CleanupStack } from "../cleanup.js";
import type { Clock } from "../clock.js";
import type { Journal, ResultRecord } from "../journal/journal.js";
import type { Resolve } from "../token.js";
import type { RunningJob } from "./action-context.js";
import type { Log } from "./log.js";

/** What the executor's parts share while a job runs. */
export interface JobRun {
  /** Aborts when the job is canceled. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly log: Log;
  /** Lines of LAVA's log so far: the number of the next one, from 0. */
  logLine(): number;
  readonly resolve: Resolve;
  readonly job: RunningJob;
  /** Values of a namespace, by slot id. */
  slots(namespace: string): Map<string, unknown>;
  report(result: ResultRecord): void;
  /** Undoes what a stack holds, logging what fails and leaving behind what hangs. */
  unwind(stack: CleanupStack): Promise<void>;
}
