import type { VNode } from "preact";
import { deviceHref, devicesHref, jobHref, workerHref } from "../links.js";
import { Section } from "../section.js";
import { Badge } from "../words.js";

export interface DeviceTile {
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly health: string;
  readonly job: number | null;
}

export interface DeviceTilesView {
  /** Of the lab, without retired ones. */
  readonly count: number;
  readonly idle: number;
  readonly busy: number;
  /** Those no job can have now: by their health, or because their worker is away. */
  readonly unusable: number;
  /** What there is to look at first: in trouble, busy; the others as far as there is room. */
  readonly tiles: readonly DeviceTile[];
}

/** The devices of the lab: how many do what, and those that want somebody's attention. */
export function DeviceTiles({ count, idle, busy, unusable, tiles }: DeviceTilesView): VNode {
  return (
    <Section id="devices" title="Devices" href="/devices" count={count}>
      {count === 0 ? (
        <p class="quiet">No devices yet.</p>
      ) : (
        <p class="quiet">
          {busy.toLocaleString("en")} busy, {idle.toLocaleString("en")} idle
          {unusable > 0 && (
            <>
              , <b class="trouble">{unusable.toLocaleString("en")} not usable</b>
            </>
          )}
        </p>
      )}
      <ul class="tiles">
        {tiles.map((device) => (
          <li key={device.name}>
            <a href={deviceHref(device.name)}>{device.name}</a>
            <span class="quiet">{device.type}</span>
            <DeviceBadges {...device} />
          </li>
        ))}
      </ul>
      {count > tiles.length && (
        <p>
          <a href={devicesHref()}>and {(count - tiles.length).toLocaleString("en")} more</a>
        </p>
      )}
    </Section>
  );
}

function DeviceBadges({ state, health, job }: DeviceTile): VNode {
  return (
    <span class="badges">
      {state !== "Idle" &&
        (job === null ? (
          <Badge word={state} />
        ) : (
          <a href={jobHref(job)} aria-label={`${state}: job ${job}`}>
            <Badge word={state} />
          </a>
        ))}
      {(state === "Idle" || health !== "Good") && <Badge word={health} />}
    </span>
  );
}

export interface WorkerTile {
  readonly name: string;
  readonly state: string;
  readonly health: string;
}

export const WorkerTiles = ({ workers }: { readonly workers: readonly WorkerTile[] }): VNode => (
  <Section id="workers" title="Workers" href="/workers" count={workers.length}>
    {workers.length === 0 && <p class="quiet">No workers yet.</p>}
    <ul class="tiles">
      {workers.map(({ name, state, health }) => (
        <li key={name}>
          <a href={workerHref(name)}>{name}</a>
          <span class="badges">
            <Badge word={state} />
            {health !== "Active" && <Badge word={health} />}
          </span>
        </li>
      ))}
    </ul>
  </Section>
);
