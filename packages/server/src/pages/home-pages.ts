import { asObject, readYamlFast } from "@basalt/core";
import { type DeviceTilesView, type HomeView, homePage, homeParts, type RunningJobView } from "@basalt/web";
import type { DeviceTypeView, DeviceView, Filter, JobView } from "../services/types.js";
import { activeStates } from "./job/list-pages.js";
import { splitLines } from "./job/log-lines.js";
import { stepEvents } from "./job/timeline.js";
import { jobRow } from "./job/views.js";
import { filter } from "./list-query.js";
import { get, type PageRequest, type PageRoute } from "./page-request.js";

const mostJobs = 10;
/** Of a lab with no more devices than this all are shown; of a larger one, as many as are seen without much scrolling. */
const mostTiles = 48;
const firstTiles = 24;
const mostTypes = 1_000;
const mostWorkers = 100;
/** Last lines of a log that are looked at for what a job does now. */
const tailLines = 300;
const mostKnown = 500;

/** How many blocks jobs have, by id: a definition is read once. */
const blockCounts = new Map<number, number>();

function blocksOf({ id, definition }: JobView): number {
  const known = blockCounts.get(id);
  if (known !== undefined) return known;
  let count = 0;
  try {
    const { actions } = asObject(readYamlFast(definition));
    // finalize comes after the job's own
    count = Array.isArray(actions) ? actions.length + 1 : 0;
  } catch {
    // a definition with hidden secrets need not be YAML any more
  }
  for (const old of blockCounts.keys()) if (blockCounts.size >= mostKnown) blockCounts.delete(old);
  blockCounts.set(id, count);
  return count;
}

async function runningJob({ services, asker }: PageRequest, job: JobView): Promise<RunningJobView> {
  const from = Math.max(0, job.log_lines - tailLines);
  const range = { start: from, end: from + 2 * tailLines, last: true };
  const { text, start } = await services.jobs.log(asker, job.id, range);
  const events = stepEvents(splitLines(text), start + 1);
  const open = new Map<string, string>();
  for (const { kind, level, name } of events) {
    if (kind === "start") open.set(level, name);
    else open.delete(level);
  }
  const now = [...open].at(-1);
  const last = events.at(-1);
  const block = Number((now?.[0] ?? last?.level)?.split(".")[0] ?? Number.NaN);
  const blocks = blocksOf(job);
  const isDone = now === undefined && last?.kind === "end";
  const progress = Number.isNaN(block) || blocks === 0 ? undefined : Math.min(1, (block - (isDone ? 0 : 0.5)) / blocks);
  return {
    ...jobRow(job),
    step: now === undefined ? undefined : `${now[0]} ${now[1]}`,
    progress: progress === undefined ? undefined : Math.max(0, progress),
  };
}

const inState = (value: string): readonly Filter[] => filter("state", "in", value);

const rank = ({ state, health }: DeviceView): number =>
  ["Bad", "Looping", "Unknown"].includes(health) ? 0 : state !== "Idle" ? 1 : health === "Maintenance" ? 2 : 3;

/** Of a large lab those are asked for that are worth a look; of a small one there is room for all. */
async function readDevices({ services: { devices, deviceTypes }, asker }: PageRequest): Promise<DeviceTilesView> {
  const limit = mostTiles;
  const [first, troubled, busy, resting, types] = await Promise.all([
    devices.list(asker, { limit }),
    devices.list(asker, { filters: filter("health", "in", "Bad,Looping,Unknown"), limit }),
    devices.list(asker, { filters: inState("Reserved,Running"), limit }),
    devices.list(asker, { filters: filter("health", "exact", "Maintenance"), limit }),
    deviceTypes.list(asker, { limit: mostTypes, all: true }),
  ]);
  const found = [troubled, busy, resting, first].flatMap(({ items }) => items);
  const known = new Map(found.filter(({ health }) => health !== "Retired").map((device) => [device.name, device]));
  const sum = (of: keyof DeviceTypeView["devices"]): number =>
    types.items.reduce((total, { devices: counts }) => total + counts[of], 0);
  return {
    count: first.count,
    idle: sum("idle"),
    busy: sum("busy"),
    unusable: sum("offline"),
    tiles: [...known.values()]
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, first.count > limit ? firstTiles : limit)
      .map(({ name, device_type, state, health, current_job }) => ({
        name,
        type: device_type,
        state,
        health,
        job: current_job,
      })),
  };
}

async function readHome(request: PageRequest): Promise<HomeView> {
  const { services, asker, clock } = request;
  const [queue, running, recent, devices, workers] = await Promise.all([
    services.jobs.list(asker, { filters: inState("Submitted"), ordering: "-priority,id", limit: mostJobs }),
    services.jobs.list(asker, { filters: inState(activeStates), ordering: "-id", limit: mostJobs }),
    services.jobs.list(asker, { filters: inState("Finished"), ordering: "-end_time", limit: mostJobs }),
    readDevices(request),
    services.workers.list(asker, { limit: mostWorkers }),
  ]);
  return {
    queued: queue.count,
    queue: queue.items.map(jobRow),
    running: await Promise.all(running.items.map((job) => runningJob(request, job))),
    runningCount: running.count,
    recent: recent.items.map(jobRow),
    devices,
    workers: workers.items.filter(({ health }) => health !== "Retired"),
    now: new Date(clock.now()),
  };
}

/** The lab at a glance. */
export const homeRoutes: readonly PageRoute[] = [
  get("/", async (request) => ({ html: homePage(request.frame, await readHome(request)) })),
  get("/parts", async (request) => ({ html: homeParts(await readHome(request)) })),
];
