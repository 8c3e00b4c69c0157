import type { ComponentChildren, VNode } from "preact";
import { deviceHref, jobHref, typeHref } from "../links.js";
import { Badge, duration, jobWord, Time } from "../words.js";
import type { JobRowView } from "./job-view.js";

/** How long a job ran, or has been running. */
export function tookOf({ started, ended }: Pick<JobRowView, "started" | "ended">, now: Date): string {
  return started === null ? "" : duration((ended ?? now).getTime() - started.getTime());
}

/** The device a job has, else the type it asks for. */
export function Where({ job }: { readonly job: JobRowView }): VNode | null {
  if (job.device !== null) return <a href={deviceHref(job.device)}>{job.device}</a>;
  if (job.deviceType === null) return null;
  return (
    <a class="quiet" href={typeHref(job.deviceType)}>
      {job.deviceType}
    </a>
  );
}

/** Why a job waits, or why it failed. */
export function Why({ job }: { readonly job: JobRowView }): VNode | null {
  if (job.state === "Submitted") return <p class="why">{job.waitsFor ?? "The scheduler has not looked at it yet."}</p>;
  return job.failure === null || job.health === "Canceled" ? null : <p class="why bad">{job.failure}</p>;
}

export interface JobCardsView<Job extends JobRowView> {
  readonly jobs: readonly Job[];
  /** Of all of them, where these are the first only. */
  readonly count: number;
  readonly empty: string;
  /** Below the job's name. */
  readonly children: (job: Job) => ComponentChildren;
}

/** Jobs that go on, each as a card. */
export function JobCards<Job extends JobRowView>({ jobs, count, empty, children }: JobCardsView<Job>): VNode {
  if (jobs.length === 0) return <p class="quiet">{empty}</p>;
  return (
    <>
      <ul class="jobs">
        {jobs.map((job) => (
          <li class="card" key={job.id}>
            <div class="card-head">
              <a class="id" href={jobHref(job.id)}>
                {job.id}
              </a>
              <a class="grow title" href={jobHref(job.id)} tabindex={-1}>
                {job.description}
              </a>
              <Badge word={jobWord(job)} />
            </div>
            {children(job)}
          </li>
        ))}
      </ul>
      {count > jobs.length && <p class="quiet">and {(count - jobs.length).toLocaleString("en")} more</p>}
    </>
  );
}

export interface EndedJobsView {
  readonly jobs: readonly JobRowView[];
  readonly now: Date;
  readonly empty: string;
}

/** Jobs in a few words: how they ended, where, how long they took. */
export function JobLines({ jobs, now, empty }: EndedJobsView): VNode {
  if (jobs.length === 0) return <p class="quiet">{empty}</p>;
  return (
    <ul class="recent">
      {jobs.map((job) => (
        <li key={job.id}>
          <Badge word={jobWord(job)} />
          <a class="id" href={jobHref(job.id)}>
            {job.id}
          </a>
          <span class="grow">{job.description}</span>
          <span class="quiet">
            <Where job={job} />
            {job.started && ` · ${tookOf(job, now)}`} · <Time at={job.ended ?? job.submitted} />
          </span>
          <Why job={job} />
        </li>
      ))}
    </ul>
  );
}
