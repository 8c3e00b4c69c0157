import type { ComponentChildren, VNode } from "preact";
import { HealthForm } from "../forms.js";
import { document, type Frame } from "../frame.js";
import { deviceHref, devicesHref, jobHref } from "../links.js";
import { Badge, plural, Time } from "../words.js";

export interface WorkerRowView {
  readonly name: string;
  readonly description: string;
  readonly state: string;
  readonly health: string;
  readonly version: string;
  readonly lastSeen: Date | null;
  readonly jobLimit: number;
  readonly devices: readonly string[];
  readonly jobs: readonly number[];
  readonly mayChange: boolean;
}

export const workerHealths = ["Active", "Maintenance", "Retired"] as const;

/** The workers of the lab. */
export const workersPage = (frame: Frame, { workers }: { readonly workers: readonly WorkerRowView[] }): string =>
  document(frame, {
    title: "Workers",
    children: (
      <>
        <h1>
          Workers <span class="quiet">{workers.length}</span>
        </h1>
        {workers.length === 0 && <p class="quiet">No workers yet.</p>}
        <ul class="workers">
          {workers.map((worker) => (
            <Worker {...worker} key={worker.name} />
          ))}
        </ul>
      </>
    ),
  });

function Worker(worker: WorkerRowView): VNode {
  const { name, description, state, health, version, lastSeen, jobLimit, devices, jobs, mayChange } = worker;
  return (
    <li class="card" id={name}>
      <div class="card-head">
        <h2>{name}</h2>
        <Badge word={state} />
        {health !== "Active" && <Badge word={health} />}
        <span class="grow">{description}</span>
        <span class="quiet">
          {version === "" ? "never seen" : `version ${version}`} · last seen <Time at={lastSeen} />
        </span>
      </div>
      <p>
        <a href={devicesHref({ worker: name })}>{plural(devices.length, "device")}</a>
        <Names all={devices}>{(device) => <a href={deviceHref(device)}>{device}</a>}</Names>
      </p>
      <p>
        {plural(jobs.length, "job")}
        {jobLimit > 0 && ` of at most ${jobLimit}`}
        <Names all={jobs}>{(id) => <a href={jobHref(id)}>{id}</a>}</Names>
      </p>
      {mayChange && (
        <details>
          <summary>Set health</summary>
          <HealthForm href={`/workers/${encodeURIComponent(name)}`} health={health} healths={workerHealths} />
        </details>
      )}
    </li>
  );
}

const shown = 12;

/** The first of many. */
function Names<Name extends string | number>({
  all,
  children,
}: {
  readonly all: readonly Name[];
  readonly children: (name: Name) => ComponentChildren;
}): VNode {
  return (
    <>
      {all.slice(0, shown).map((name, index) => (
        <span key={name}>
          {index === 0 ? ": " : ", "}
          {children(name)}
        </span>
      ))}
      {all.length > shown && ` and ${all.length - shown} more`}
    </>
  );
}
