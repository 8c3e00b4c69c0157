import type { BasaltError } from "@basalt/core";

/** How the command ends; scripts depend on these numbers. */
export const exitStatus = {
  /** Complete, all tests passed. */
  ok: 0,
  /** Complete, some test failed. */
  testFailed: 1,
  /** Job, device, usage or configuration refused. */
  refused: 2,
  infrastructure: 3,
  /** A job or test error, timeouts included. */
  job: 4,
  canceled: 5,
  bug: 70,
} as const;

/** The exit status of a job that ended with this error. One that its validation refuses was as wrong as one that can't be planned. */
export function statusOfError({ kind, code }: Pick<BasaltError, "kind" | "code">): number {
  if (code === "ERR_JOB_INVALID") return exitStatus.refused;
  switch (kind) {
    case "infrastructure":
      return exitStatus.infrastructure;
    case "job":
    case "test":
    case "timeout":
    case "multinode":
      return exitStatus.job;
    case "configuration":
      return exitStatus.refused;
    case "canceled":
      return exitStatus.canceled;
    default:
      return exitStatus.bug;
  }
}

/** The exit status of an error before the job started: a job that is wrong is refused. */
export const statusOfRefusal = (error: Pick<BasaltError, "kind" | "code">): number =>
  error.kind === "job" || error.kind === "test" ? exitStatus.refused : statusOfError(error);

const worstLast: readonly number[] = [
  exitStatus.ok,
  exitStatus.testFailed,
  exitStatus.refused,
  exitStatus.job,
  exitStatus.infrastructure,
  exitStatus.canceled,
  exitStatus.bug,
];

/** The worst of several. */
export const worstStatus = (codes: readonly number[]): number =>
  codes.reduce((a, b) => (worstLast.indexOf(b) > worstLast.indexOf(a) ? b : a), exitStatus.ok);
