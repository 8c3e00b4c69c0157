import type { VNode } from "preact";
import { History, type HistoryEntry } from "../lab/history.js";
import { logHref } from "../links.js";
import { LogRows } from "../log/log-rows.js";
import { duration } from "../words.js";
import type { JobDetails, JobErrorView } from "./job-view.js";
import { longestRun, type TimelineStep } from "./timeline.js";

export interface ErrorBoxView {
  readonly job: JobDetails;
  readonly error: JobErrorView;
  /** The innermost step that failed. */
  readonly step: TimelineStep | undefined;
  /** Who canceled it, and why. */
  readonly canceledBy: HistoryEntry | undefined;
}

/** Why a job failed: where in its pipeline, in what words, and what the log said there. */
export function ErrorBox({ job, error, step, canceledBy }: ErrorBoxView): VNode {
  const canceled = job.health === "Canceled";
  const { type, code, message, line, excerpt } = error;
  return (
    <section class={`box ${canceled ? "wait" : "bad"}`} aria-labelledby="error-title">
      <h2 id="error-title">
        {canceled ? "Canceled" : `${type} error`} {code !== null && <code>{code}</code>}
      </h2>
      <pre class="message">{message}</pre>
      {canceled && canceledBy && <History entries={[canceledBy]} />}
      {job.comment !== "" && <p>{job.comment}</p>}
      {step && (
        <p class="quiet">
          {canceled ? "While" : "In step"} {step.level} <b>{step.name}</b>, after {duration(longestRun(step))}
          {step.timeoutMs !== undefined && ` of at most ${duration(step.timeoutMs)}`}
        </p>
      )}
      {excerpt.length > 0 && (
        <ol class="log excerpt" aria-label="The log where it failed">
          <LogRows job={job.id} lines={excerpt} elsewhere />
        </ol>
      )}
      {line !== undefined && (
        <p>
          <a href={logHref(job.id, { line })} data-line={line}>
            {canceled ? "Where it stopped" : "Where it failed"}: line {line.toLocaleString("en")} of the log
          </a>
        </p>
      )}
    </section>
  );
}
