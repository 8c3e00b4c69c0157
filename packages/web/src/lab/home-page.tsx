import type { VNode } from "preact";
import { document, type Frame, fragment } from "../frame.js";
import { JobCards, JobLines, tookOf, Where, Why } from "../job/job-cells.js";
import type { JobRowView } from "../job/job-view.js";
import { jobsHref } from "../links.js";
import { Section } from "../section.js";
import { Time } from "../words.js";
import { DeviceTiles, type DeviceTilesView, type WorkerTile, WorkerTiles } from "./tiles.js";

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
  readonly devices: DeviceTilesView;
  readonly workers: readonly WorkerTile[];
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
  const { running, runningCount, queue, queued, recent, devices, workers, now } = view;
  return (
    <div id="parts" class="home" data-parts="/parts" data-live="/ws/">
      <div class="column">
        <Section id="running" title="Running" href={jobsHref({ state: "active" })} count={runningCount}>
          <JobCards jobs={running} count={runningCount} empty="No job runs.">
            {(job) => <Progress job={job} now={now} />}
          </JobCards>
        </Section>
        <Section id="queue" title="Queue" href={jobsHref({ state: "Submitted" })} count={queued}>
          <JobCards jobs={queue} count={queued} empty="No job waits.">
            {(job) => (
              <>
                <p class="quiet">
                  <Where job={job} /> · {job.submitter} · <Time at={job.submitted} />
                </p>
                <Why job={job} />
              </>
            )}
          </JobCards>
        </Section>
        <Section id="recent" title="Ended last" href={jobsHref({ state: "Finished" })}>
          <JobLines jobs={recent} now={now} empty="No job has ended yet." />
        </Section>
      </div>
      <div class="column side">
        <DeviceTiles {...devices} />
        <WorkerTiles workers={workers} />
      </div>
    </div>
  );
}

function Progress({ job, now }: { readonly job: RunningJobView; readonly now: Date }): VNode {
  const took = tookOf(job, now);
  return (
    <>
      <p class="quiet">
        <Where job={job} /> · {job.submitter}
        {took !== "" && ` · ${took}`}
        {job.step !== undefined && <span class="step"> · {job.step}</span>}
      </p>
      {job.progress !== undefined && <progress value={job.progress} max={1} aria-label={`Progress of job ${job.id}`} />}
    </>
  );
}
