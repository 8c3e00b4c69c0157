import { CodeBlock } from "../code-block.js";
import { document, type Frame } from "../frame.js";
import type { JobRowView } from "../job/job-view.js";
import { Pager, type PagerView } from "../pager.js";
import { Badge, deviceHref, jobHref, jobWord, Time } from "../words.js";
import { History, type HistoryEntry } from "./history.js";

export interface DeviceRowView {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly state: string;
  readonly health: string;
  readonly worker: string | null;
  readonly tags: readonly string[];
  readonly job: number | null;
}

export interface DevicesView {
  readonly filters: { readonly type: string; readonly health: string; readonly text: string; readonly all: boolean };
  readonly devices: readonly DeviceRowView[];
  readonly pager: PagerView;
}

export const deviceHealths = ["Good", "Unknown", "Looping", "Bad", "Maintenance", "Retired"] as const;

/** The devices of the lab. */
export const devicesPage = (frame: Frame, { filters, devices, pager }: DevicesView): string =>
  document(frame, {
    title: "Devices",
    children: (
      <>
        <h1>Devices</h1>
        <form class="filters" method="get" action="/devices">
          <label>
            Type <input name="type" value={filters.type} size={14} autocapitalize="off" />
          </label>
          <label>
            Health{" "}
            <select name="health">
              <option value="">any</option>
              {deviceHealths.map((health) => (
                <option selected={health === filters.health} key={health}>
                  {health}
                </option>
              ))}
            </select>
          </label>
          <label>
            Name has <input name="text" value={filters.text} size={14} autocapitalize="off" />
          </label>
          <label class="check">
            <input type="checkbox" name="all" value="1" checked={filters.all} /> retired, too
          </label>
          <button type="submit">Show</button>
        </form>
        <div class="scroll-x">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Device</th>
                <th scope="col">Type</th>
                <th scope="col">State</th>
                <th scope="col">Health</th>
                <th scope="col">Worker</th>
                <th scope="col">Tags</th>
                <th scope="col">Job</th>
              </tr>
            </thead>
            <tbody>
              {devices.map((device) => (
                <tr key={device.name}>
                  <th scope="row">
                    <a href={deviceHref(device.name)}>{device.name}</a>
                  </th>
                  <td>{device.type}</td>
                  <td>
                    <Badge word={device.state} />
                  </td>
                  <td>
                    <Badge word={device.health} />
                  </td>
                  <td>{device.worker ?? <span class="quiet">none</span>}</td>
                  <td>{device.tags.join(", ")}</td>
                  <td>{device.job !== null && <a href={jobHref(device.job)}>{device.job}</a>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {devices.length === 0 && <p class="quiet">No such device.</p>}
        <Pager {...pager} />
      </>
    ),
  });

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
  readonly history: readonly HistoryEntry[];
  readonly jobs: readonly JobRowView[];
}

/** One device: how it is, what it is, what happened to it. */
export const devicePage = (frame: Frame, view: DevicePageView): string => {
  const { device, mayChange, dictionary, rendered, history, jobs } = view;
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
        <dl class="facts">
          <div>
            <dt>Type</dt>
            <dd>
              <a href={`/device-types#${encodeURIComponent(device.type)}`}>{device.type}</a>
            </dd>
          </div>
          <div>
            <dt>Worker</dt>
            <dd>
              {device.worker === null ? (
                "none"
              ) : (
                <a href={`/workers#${encodeURIComponent(device.worker)}`}>{device.worker}</a>
              )}
            </dd>
          </div>
          {device.job !== null && (
            <div>
              <dt>Job now</dt>
              <dd>
                <a href={jobHref(device.job)}>{device.job}</a>
              </dd>
            </div>
          )}
          {device.healthJob !== null && (
            <div>
              <dt>Last health check</dt>
              <dd>
                <a href={jobHref(device.healthJob)}>{device.healthJob}</a>
              </dd>
            </div>
          )}
          {device.tags.length > 0 && (
            <div>
              <dt>Tags</dt>
              <dd>{device.tags.join(", ")}</dd>
            </div>
          )}
          {device.version !== null && device.version !== "" && (
            <div>
              <dt>Version</dt>
              <dd>{device.version}</dd>
            </div>
          )}
          {device.owner !== null && (
            <div>
              <dt>Owner</dt>
              <dd>{device.owner}</dd>
            </div>
          )}
        </dl>
        {mayChange && (
          <form class="box inline" method="post" action={`${deviceHref(device.name)}/health`}>
            <label>
              Set health{" "}
              <select name="health">
                {deviceHealths.map((health) => (
                  <option selected={health === device.health} key={health}>
                    {health}
                  </option>
                ))}
              </select>
            </label>
            <label class="grow">
              Reason <input name="reason" maxlength={1000} />
            </label>
            <button type="submit">Set</button>
          </form>
        )}
        <div class="halves">
          <section aria-labelledby="jobs-title">
            <h2 id="jobs-title">
              <a href={`/jobs?device=${encodeURIComponent(device.name)}`}>Last jobs</a>
            </h2>
            {jobs.length === 0 && <p class="quiet">None yet.</p>}
            <ul class="recent">
              {jobs.map((job) => (
                <li key={job.id}>
                  <Badge word={jobWord(job)} />
                  <a href={jobHref(job.id)}>{job.id}</a>
                  <span class="grow">{job.description}</span>
                  <span class="quiet">
                    <Time at={job.submitted} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
          <section aria-labelledby="history-title">
            <h2 id="history-title">History</h2>
            <History entries={history} />
          </section>
        </div>
        <section aria-labelledby="dictionary-title">
          <h2 id="dictionary-title">Dictionary</h2>
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
        </section>
      </>
    ),
  });
};
