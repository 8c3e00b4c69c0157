import type { VNode } from "preact";
import { CodeBlock } from "../code-block.js";
import { Facts } from "../facts.js";
import { HealthForm } from "../forms.js";
import { document, type Frame } from "../frame.js";
import { JobLines } from "../job/job-cells.js";
import type { JobRowView } from "../job/job-view.js";
import { deviceHref, jobHref, jobsHref, typeHref, workerHref } from "../links.js";
import { Section } from "../section.js";
import { Badge } from "../words.js";
import { type DeviceRowView, deviceHealths } from "./device-view.js";
import { History, type HistoryEntry } from "./history.js";

export interface DevicePageView {
  readonly device: DeviceRowView & {
    readonly version: string | null;
    readonly owner: string | null;
    readonly healthJob: number | null;
  };
  readonly mayChange: boolean;
  /** As it is written; undefined where there is none. */
  readonly dictionary: string | undefined;
  /** As a job gets it, or why it can't be made. */
  readonly rendered: { readonly text: string } | { readonly problem: string };
  /** The change that made its health what it is, where that is not good. */
  readonly why?: HistoryEntry | undefined;
  readonly history: readonly HistoryEntry[];
  readonly jobs: readonly JobRowView[];
  readonly now: Date;
}

/** One device: how it is, what it is, what happened to it. */
export const devicePage = (frame: Frame, view: DevicePageView): string => {
  const { device, mayChange, why, history, jobs, now } = view;
  return document(frame, {
    title: device.name,
    children: (
      <>
        <p class="crumbs">
          <a href="/devices">Devices</a> / {device.name}
        </p>
        <h1>
          {device.name} <Badge word={device.state} /> <Badge word={device.health} />
        </h1>
        {device.description !== "" && <p>{device.description}</p>}
        {why && (
          <section class={`box ${device.health === "Bad" ? "bad" : "wait"}`} aria-labelledby="why-title">
            <h2 id="why-title">Why no job is started on it</h2>
            <History entries={[why]} />
          </section>
        )}
        <DeviceFacts {...view} />
        {mayChange && (
          <div class="box">
            <HealthForm href={deviceHref(device.name)} health={device.health} healths={deviceHealths} />
          </div>
        )}
        <div class="halves">
          <Section id="jobs" title="Last jobs" href={jobsHref({ device: device.name })}>
            <JobLines jobs={jobs} now={now} empty="None yet." />
          </Section>
          <Section id="history" title="History">
            <History entries={history} />
          </Section>
        </div>
        <Dictionary {...view} />
      </>
    ),
  });
};

function DeviceFacts({ device }: DevicePageView): VNode {
  const { type, worker, job, healthJob, tags, version, owner } = device;
  return (
    <Facts
      facts={[
        ["Type", <a href={typeHref(type)}>{type}</a>],
        ["Worker", worker === null ? "none" : <a href={workerHref(worker)}>{worker}</a>],
        ["Job now", job !== null && <a href={jobHref(job)}>{job}</a>],
        ["Last health check", healthJob !== null && <a href={jobHref(healthJob)}>{healthJob}</a>],
        ["Tags", tags.join(", ")],
        ["Version", version ?? false],
        ["Owner", owner ?? false],
      ]}
    />
  );
}

function Dictionary({ dictionary, rendered }: DevicePageView): VNode {
  return (
    <Section id="dictionary" title="Dictionary">
      {dictionary === undefined ? (
        <p class="quiet">It has none, so no job can run on it.</p>
      ) : (
        <CodeBlock text={dictionary} label="The dictionary as it is written" />
      )}
      {dictionary !== undefined &&
        ("text" in rendered ? (
          <details>
            <summary>Rendered, as a job gets it</summary>
            <CodeBlock text={rendered.text} label="The dictionary, rendered" />
          </details>
        ) : (
          <div class="box bad">
            <h3>It can't be rendered</h3>
            <pre class="message">{rendered.problem}</pre>
          </div>
        ))}
    </Section>
  );
}
