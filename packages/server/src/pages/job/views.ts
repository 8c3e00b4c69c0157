import type { CaseRow, JobDetails, JobErrorView, JobRowView, SuiteSummary } from "@basalt/web";
import type { CaseView, JobView, SuiteView } from "../../services/types.js";

/** Characters of why a job failed, where it is one of many. */
const longestFailure = 200;

/** A job for a list. */
export const jobRow = (job: JobView): JobRowView => ({
  id: job.public_id,
  description: job.description,
  state: job.state,
  health: job.health,
  deviceType: job.requested_device_type,
  device: job.actual_device,
  submitter: job.submitter,
  priority: job.priority,
  healthCheck: job.health_check,
  submitted: job.submit_time,
  started: job.start_time,
  ended: job.end_time,
  waitsFor: job.waits_for,
  failure: failureOf(job),
});

function failureOf({ error_type: type, error_msg: message }: JobView): string | null {
  if (type === null && message === null) return null;
  const [first = ""] = (message ?? "").split("\n");
  const short = first.length > longestFailure ? `${first.slice(0, longestFailure)}…` : first;
  return [type, short].filter((text) => text !== null && text !== "").join(": ");
}

/** A job for its page, with where the log tells of its failure. */
export function jobDetails(job: JobView, place: Pick<JobErrorView, "line" | "excerpt">): JobDetails {
  const failed = job.error_msg !== null || job.error_type !== null;
  return {
    ...jobRow(job),
    visibility: job.visibility,
    worker: job.worker,
    role: job.role,
    tags: job.tags,
    resubmitOf: job.resubmit_of,
    comment: job.failure_comment,
    failureTags: job.failure_tags,
    error: failed
      ? {
          type: job.error_type ?? "Unknown",
          code: job.error_code,
          message: job.error_msg ?? "",
          ...place,
        }
      : undefined,
    group: job.group.map(({ public_id, role, state, health }) => ({ id: public_id, role, state, health })),
  };
}

export const caseRow = (row: CaseView): CaseRow => ({
  suite: row.suite,
  set: row.set,
  name: row.name,
  result: row.result,
  measurement: row.measurement === null ? "" : `${trimZeros(row.measurement)} ${row.units}`.trim(),
  // a test's own place in the console says more than the line its result was reported with
  line: lineOf(row.start_log_line ?? row.log_line),
  logged: row.logged,
});

/** Lines of the store count from 0, those of pages from 1. */
const lineOf = (line: number | null): number | undefined => (line === null ? undefined : line + 1);

const trimZeros = (number: string): string => (number.includes(".") ? number.replace(/\.?0+$/, "") : number);

export const suiteSummary = (suite: SuiteView, failed: readonly CaseView[]): SuiteSummary => ({
  name: suite.name,
  counts: suite.counts,
  failed: failed.filter((row) => row.suite === suite.name).map(caseRow),
});
