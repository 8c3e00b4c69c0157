import type { VNode } from "preact";
import { document, type Frame, fragment } from "../frame.js";
import { History, type HistoryEntry } from "../lab/history.js";
import { jobHref, resultsHref } from "../links.js";
import { LogPanel, type LogPanelView } from "../log/log-panel.js";
import { Section } from "../section.js";
import { Badge, jobWord } from "../words.js";
import { ErrorBox } from "./error-box.js";
import { Why } from "./job-cells.js";
import { Group, JobFacts } from "./job-facts.js";
import type { JobDetails } from "./job-view.js";
import { type SuiteSummary, Suites } from "./suites.js";
import { innermostFailed, Shares, Timeline, type TimelineView } from "./timeline.js";

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

const titleOf = ({ job }: JobPageView): string => `${jobWord(job)}: job ${job.id}`;

/** All about one job. */
export const jobPage = (frame: Frame, view: JobPageView, log: LogPanelView): string =>
  document(frame, {
    title: titleOf(view),
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
  const { job, timeline, suites, planError, history, now } = view;
  return (
    <div
      id="parts"
      data-parts={`${jobHref(job.id)}/parts`}
      data-title={`${titleOf(view)} · Basalt`}
      data-done={job.state === "Finished" ? "" : undefined}
    >
      <JobHead {...view} />
      {job.error && (
        <ErrorBox
          job={job}
          error={job.error}
          step={innermostFailed(timeline)}
          canceledBy={history.find(({ message }) => message.startsWith("Cancel requested"))}
        />
      )}
      {job.state === "Submitted" && (
        <section class="box wait" aria-labelledby="waits-title">
          <h2 id="waits-title">Why it waits</h2>
          <Why job={job} />
        </section>
      )}
      <JobFacts job={job} now={now} />
      <Group {...job} />
      <Section id="pipeline" title={timeline.steps.some(({ runs }) => runs.length > 0) ? "Pipeline" : "Plan"}>
        <Shares {...timeline} />
        {timeline.steps.length > 0 ? (
          <Timeline {...timeline} />
        ) : (
          <p class="quiet">{planError ?? "The plan is known when a device of its type is there."}</p>
        )}
      </Section>
      <Section id="results" title="Results" href={resultsHref(job.id)}>
        <Suites job={job.id} suites={suites} />
      </Section>
      {history.length > 0 && (
        <details id="history" class="job-history">
          <summary>History</summary>
          <History entries={history} />
        </details>
      )}
    </div>
  );
}

function JobHead({ job, may }: JobPageView): VNode {
  const canCancel = may.cancel && job.state !== "Finished" && job.state !== "Canceling";
  return (
    <div class="job-head">
      <div class="grow">
        <p class="crumbs">
          <a href="/jobs">Jobs</a> / {job.id}
          {job.healthCheck && " / health check"}
        </p>
        <h1>
          <span class="job-id">{job.id}</span> {job.description} <Badge word={jobWord(job)} />
        </h1>
      </div>
      <div class="actions">
        <a class="button" href="#log">
          Log
        </a>
        <a class="button" href={resultsHref(job.id)}>
          Results
        </a>
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
