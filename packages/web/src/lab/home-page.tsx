import type { VNode } from "preact";
import { document, type Frame, fragment } from "../frame.js";
import type { JobRowView } from "../job/job-view.js";
import { Badge, deviceHref, duration, jobHref, jobWord, plural, Time } from "../words.js";

export interface RunningJobView extends JobRowView {
  /** The action that runs now: `2.4 login`. */
  readonly step: string | undefined;
  /** 0 to 1, by the job's blocks. */
  readonly progress: number | undefined;
}

export interface HomeView {
  readonly queued: number;
  readonly queue: readonly JobRowView[];
  readonly running: readonly RunningJobView[];
  readonly runningCount: number;
  readonly recent: readonly JobRowView[];
  readonly devices: readonly {
    readonly name: string;
    readonly type: string;
    readonly state: string;
    readonly health: string;
    readonly job: number | null;
  }[];
  readonly workers: readonly { readonly name: string; readonly state: string; readonly health: string }[];
  readonly now: Date;
}

/** The lab at a glance. */
export const homePage = (frame: Frame, view: HomeView): string =>
  document(frame, {
    title: "Basalt",
    scripts: ["live-parts.js"],
    children: (
      <>
        <h1 class="sr">The lab at a glance</h1>
        <HomeParts {...view} />
      </>
    ),
  });

export const homeParts = (view: HomeView): string => fragment(<HomeParts {...view} />);

function HomeParts(view: HomeView): VNode {
  return (
    <div id="parts" class="home" data-parts="/parts" data-live="/ws/">
      <div class="column">
        <Running {...view} />
        <Queue {...view} />
        <Recent {...view} />
      </div>
      <div class="column side">
        <Devices {...view} />
        <Workers {...view} />
      </div>
    </div>
  );
}

function Running({ running, runningCount, now }: HomeView): VNode {
  return (
    <section aria-labelledby="running-title">
      <h2 id="running-title">
        <a href="/jobs?state=active">Running</a> <span class="quiet">{runningCount}</span>
      </h2>
      {running.length === 0 && <p class="quiet">No job runs.</p>}
      <ul class="jobs">
        {running.map((job) => (
          <li class="card" key={job.id}>
            <div class="card-head">
              <a class="id" href={jobHref(job.id)}>
                {job.id}
              </a>
              <span class="grow">{job.description}</span>
              <Badge word={jobWord(job)} />
            </div>
            <p class="quiet">
              {job.device !== null && <a href={deviceHref(job.device)}>{job.device}</a>} · {job.submitter}
              {job.started && ` · ${duration(now.getTime() - job.started.getTime())}`}
              {job.step !== undefined && <span class="step"> · {job.step}</span>}
            </p>
            {job.progress !== undefined && (
              <progress value={job.progress} max={1} aria-label={`Progress of job ${job.id}`} />
            )}
          </li>
        ))}
      </ul>
      {runningCount > running.length && <p class="quiet">and {runningCount - running.length} more</p>}
    </section>
  );
}

function Queue({ queue, queued }: HomeView): VNode {
  return (
    <section aria-labelledby="queue-title">
      <h2 id="queue-title">
        <a href="/jobs?state=Submitted">Queue</a> <span class="quiet">{queued}</span>
      </h2>
      {queue.length === 0 && <p class="quiet">No job waits.</p>}
      <ul class="jobs">
        {queue.map((job) => (
          <li class="card" key={job.id}>
            <div class="card-head">
              <a class="id" href={jobHref(job.id)}>
                {job.id}
              </a>
              <span class="grow">{job.description}</span>
              <span class="quiet">
                {job.deviceType} · {job.submitter} · <Time at={job.submitted} />
              </span>
            </div>
            <p class="why">{job.waitsFor ?? "The scheduler has not looked at it yet."}</p>
          </li>
        ))}
      </ul>
      {queued > queue.length && <p class="quiet">and {queued - queue.length} more</p>}
    </section>
  );
}

function Recent({ recent }: HomeView): VNode | null {
  if (recent.length === 0) return null;
  return (
    <section aria-labelledby="recent-title">
      <h2 id="recent-title">
        <a href="/jobs?state=Finished">Ended last</a>
      </h2>
      <ul class="recent">
        {recent.map((job) => (
          <li key={job.id}>
            <Badge word={jobWord(job)} />
            <a href={jobHref(job.id)}>{job.id}</a>
            <span class="grow">{job.description}</span>
            <span class="quiet">
              {job.device} · <Time at={job.ended} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const worst = ["Bad", "Unknown", "Looping", "Maintenance", "Good", "Retired"];

function Devices({ devices }: HomeView): VNode {
  const ordered = [...devices].sort(
    (a, b) =>
      Number(b.state !== "Idle") - Number(a.state !== "Idle") || worst.indexOf(a.health) - worst.indexOf(b.health),
  );
  return (
    <section aria-labelledby="devices-title">
      <h2 id="devices-title">
        <a href="/devices">Devices</a> <span class="quiet">{devices.length}</span>
      </h2>
      {devices.length === 0 && <p class="quiet">No devices yet.</p>}
      <ul class="tiles">
        {ordered.map(({ name, type, state, health, job }) => (
          <li key={name}>
            <a href={deviceHref(name)}>{name}</a>
            <span class="quiet">{type}</span>
            <span class="badges">
              {state !== "Idle" &&
                (job === null ? (
                  <Badge word={state} />
                ) : (
                  <a href={jobHref(job)}>
                    <Badge word={state} />
                  </a>
                ))}
              {(state === "Idle" || health !== "Good") && <Badge word={health} />}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Workers({ workers }: HomeView): VNode {
  return (
    <section aria-labelledby="workers-title">
      <h2 id="workers-title">
        <a href="/workers">Workers</a> <span class="quiet">{workers.length}</span>
      </h2>
      {workers.length === 0 && <p class="quiet">{plural(0, "worker")} yet.</p>}
      <ul class="tiles">
        {workers.map(({ name, state, health }) => (
          <li key={name}>
            <a href={`/workers#${encodeURIComponent(name)}`}>{name}</a>
            <span class="badges">
              <Badge word={state} />
              {health !== "Active" && <Badge word={health} />}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
