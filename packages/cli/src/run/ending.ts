import { type ErrorKind, type Job, type JobOutcome, makeMasker, maskError } from "@basalt/core";
import type { JobState } from "../view/job-state.js";
import type { Paint } from "../view/paint.js";

export interface EndingOptions {
  readonly job: Job;
  readonly jobId: string;
  /** Counted results of tests. */
  readonly summary: string;
  readonly state: JobState;
  readonly paint: Paint;
}

const blamed: Readonly<Record<ErrorKind, string>> = {
  infrastructure: "infrastructure error",
  job: "job error",
  test: "test error",
  configuration: "configuration error",
  timeout: "timeout",
  canceled: "canceled",
  multinode: "timeout of another job of the group",
  bug: "bug of Basalt",
};

/** How a job ended, in words: complete, canceled, or incomplete with who is to blame, where and why. */
export function endingLines(
  outcome: JobOutcome,
  { job, jobId, summary, state, paint }: EndingOptions,
): readonly string[] {
  if (outcome.result === "pass") return [`Job ${jobId} ${paint.green("complete")}: ${summary}`];
  const { action } = outcome;
  // the journal was masked on its way, the outcome was not
  const error = maskError(outcome.error, makeMasker(Object.values(job.secrets)));
  if (error.kind === "canceled") return [`Job ${jobId} ${paint.yellow("canceled")}: ${summary}`];
  const level = action === undefined ? undefined : state.failedLevel(action);
  const where = action === undefined ? "" : ` in ${level === undefined ? "" : `${level} `}${action}`;
  return [
    `Job ${jobId} ${paint.red("incomplete")}: ${summary}`,
    `${paint.red(blamed[error.kind])}${where}: ${paint.plain(error.message)} (${error.code})`,
    ...(error.kind === "bug" ? [error.stack ?? "", "This is a bug of Basalt. Please report it with these lines."] : []),
  ];
}
