import type { VNode } from "preact";
import { document, type Frame, fragment } from "../frame.js";
import { History, type HistoryEntry } from "../lab/history.js";
import { LogPanel, type LogPanelView, logHref } from "../log/log-panel.js";
import { Badge, deviceHref, duration, jobHref, jobWord, Time } from "../words.js";
import type { JobDetails } from "./job-view.js";
import { resultsHref, type SuiteSummary, Suites } from "./results.js";
import { Shares, Timeline, type TimelineView } from "./timeline.js";

export interface JobPageView {
  readonly job: JobDetails;
  /** What the viewer may do. */
  readonly may: { readonly cancel: boolean; readonly resubmit: boolean };
  readonly timeline: TimelineView;
  readonly suites: readonly SuiteSummary[];
  /** Why there is no plan, where it can't be made. */
  readonly planError?: string | undefined;
  /** Who did what to it, newest first. */
  readonly history: readonly HistoryEntry[];
  readonly now: Date;
}

/** All about one job. */
export const jobPage = (frame: Frame, view: JobPageView, log: LogPanelView): string =>
  document(frame, {
    title: `${jobWord(view.job)}: job ${view.job.id}`,
    scripts: ["live-log.js", "live-parts.js"],
    children: (
      <>
        <JobParts {...view} />
        <LogPanel {...log} />
      </>
    ),
  });

/** What changes while a job goes on, but for its log. */
export const jobParts = (view: JobPageView): string => fragment(<JobParts {...view} />);

function JobParts(view: JobPageView): VNode {
  const { job, timeline, suites, planError } = view;
  const waiting = job.state === "Submitted";
  return (
    <div id="parts" data-parts={`${jobHref(job.id)}/parts`} data-done={job.state === "Finished" ? "" : undefined}>
      <JobHead {...view} />
      {job.error && <ErrorBox job={job} error={job.error} />}
      {waiting && (
        <section class="box wait" aria-labelledby="waits-title">
          <h2 id="waits-title">Why it waits</h2>
          <p>{job.waitsFor ?? "The scheduler has not looked at it yet."}</p>
        </section>
      )}
      <Facts {...view} />
      <section aria-labelledby="pipeline-title">
        <h2 id="pipeline-title">{timeline.steps.some(({ runs }) => runs.length > 0) ? "Pipeline" : "Plan"}</h2>
        <Shares {...timeline} />
        {timeline.steps.length > 0 ? (
          <Timeline {...timeline} />
        ) : (
          <p class="quiet">{planError ?? "The plan is known when a device of its type is there."}</p>
        )}
      </section>
      <section aria-labelledby="results-title">
        <h2 id="results-title">
          <a href={resultsHref(job.id)}>Results</a>
        </h2>
        <Suites job={job.id} suites={suites} />
      </section>
      {view.history.length > 0 && (
        <details id="history" class="job-history">
          <summary>History</summary>
          <History entries={view.history} />
        </details>
      )}
    </div>
  );
}

function JobHead({ job, may }: JobPageView): VNode {
  const canCancel = may.cancel && job.state !== "Finished" && job.state !== "Canceling";
  return (
    <div class="job-head">
      <div>
        <p class="crumbs">
          <a href="/jobs">Jobs</a> / {job.id}
          {job.healthCheck && " / health check"}
        </p>
        <h1>
          {job.description === "" ? `Job ${job.id}` : job.description} <Badge word={jobWord(job)} />
        </h1>
      </div>
      <div class="actions">
        <a class="button" href={`${jobHref(job.id)}/definition`}>
          Definition
        </a>
        {may.resubmit && (
          <form method="post" action={`${jobHref(job.id)}/resubmit`}>
            <button type="submit">Resubmit</button>
          </form>
        )}
        {canCancel && (
          <form method="post" action={`${jobHref(job.id)}/cancel`}>
            <button type="submit" class="danger">
              Cancel
            </button>
          </form>
        )}
      </div>
    </div>
  );
}

function ErrorBox({
  job,
  error,
}: {
  readonly job: JobDetails;
  readonly error: NonNullable<JobDetails["error"]>;
}): VNode {
  const canceled = job.health === "Canceled";
  return (
    <section class={`box ${canceled ? "wait" : "bad"}`} aria-labelledby="error-title">
      <h2 id="error-title">
        {canceled ? "Canceled" : `${error.type} error`} {error.code !== null && <code>{error.code}</code>}
      </h2>
      <pre class="message">{error.message}</pre>
      {job.comment !== "" && <p>{job.comment}</p>}
      {error.line !== undefined && (
        <p>
          <a href={logHref(job.id, { line: error.line })} data-line={error.line}>
            {canceled ? "Where it stopped" : "Where it failed"}: line {error.line}
          </a>
        </p>
      )}
    </section>
  );
}

function Facts({ job, now }: JobPageView): VNode {
  const end = job.ended ?? now;
  const facts: readonly (readonly [string, VNode | string | false])[] = [
    ["Device", job.device !== null && <a href={deviceHref(job.device)}>{job.device}</a>],
    [
      "Device type",
      job.deviceType !== null && <a href={`/device-types#${encodeURIComponent(job.deviceType)}`}>{job.deviceType}</a>,
    ],
    ["Worker", job.worker ?? false],
    ["Submitter", job.submitter],
    ["Submitted", <Time at={job.submitted} key="t" />],
    ["Started", job.started !== null && <Time at={job.started} />],
    ["Ended", job.ended !== null && <Time at={job.ended} />],
    ["Waited", job.started !== null && duration(job.started.getTime() - job.submitted.getTime())],
    ["Took", job.started !== null && duration(end.getTime() - job.started.getTime())],
    ["Priority", String(job.priority)],
    ["Visibility", job.visibility],
    ["Tags", job.tags.length > 0 && job.tags.join(", ")],
    ["Failure tags", job.failureTags.length > 0 && job.failureTags.join(", ")],
    ["Comment", job.error === undefined && job.comment !== "" && job.comment],
    ["Resubmitted from", job.resubmitOf !== null && <a href={jobHref(job.resubmitOf)}>job {job.resubmitOf}</a>],
  ];
  return (
    <>
      <dl class="facts">
        {facts.map(([name, value]) =>
          value === false ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      {job.group.length > 0 && (
        <section aria-labelledby="group-title">
          <h2 id="group-title">Group</h2>
          <ul class="plain-list">
            {job.group.map((member) => (
              <li key={member.id}>
                <a href={jobHref(member.id)}>{member.id}</a> {member.role} <Badge word={jobWord(member)} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
