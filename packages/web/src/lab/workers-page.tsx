import { document, type Frame } from "../frame.js";
import { Badge, deviceHref, jobHref, plural, Time } from "../words.js";

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
const shown = 12;

/** The workers of the lab. */
export const workersPage = (frame: Frame, { workers }: { readonly workers: readonly WorkerRowView[] }): string =>
  document(frame, {
    title: "Workers",
    children: (
      <>
        <h1>Workers</h1>
        {workers.length === 0 && <p class="quiet">No workers yet.</p>}
        <ul class="workers">
          {workers.map((worker) => (
            <li class="card" id={worker.name} key={worker.name}>
              <div class="card-head">
                <h2>{worker.name}</h2>
                <Badge word={worker.state} />
                {worker.health !== "Active" && <Badge word={worker.health} />}
                <span class="grow">{worker.description}</span>
                <span class="quiet">
                  {worker.version === "" ? "never seen" : worker.version} · last seen <Time at={worker.lastSeen} />
                </span>
              </div>
              <p>
                {plural(worker.devices.length, "device")}
                {worker.devices.length > 0 && ": "}
                {worker.devices.slice(0, shown).map((name, index) => (
                  <span key={name}>
                    {index > 0 && ", "}
                    <a href={deviceHref(name)}>{name}</a>
                  </span>
                ))}
                {worker.devices.length > shown && ` and ${worker.devices.length - shown} more`}
                {" · "}
                {plural(worker.jobs.length, "job")}
                {worker.jobLimit > 0 && ` of at most ${worker.jobLimit}`}
                {worker.jobs.slice(0, shown).map((id) => (
                  <span key={id}>
                    {" "}
                    <a href={jobHref(id)}>{id}</a>
                  </span>
                ))}
              </p>
              {worker.mayChange && (
                <form class="inline" method="post" action={`/workers/${encodeURIComponent(worker.name)}/health`}>
                  <label>
                    Set health{" "}
                    <select name="health">
                      {workerHealths.map((health) => (
                        <option selected={health === worker.health} key={health}>
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
            </li>
          ))}
        </ul>
      </>
    ),
  });
