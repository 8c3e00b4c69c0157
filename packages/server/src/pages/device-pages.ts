import { toBasaltError } from "@basalt/core";
import { type DeviceFilters, type DeviceRowView, devicePage, devicesPage } from "@basalt/web";
import type { DeviceView } from "../services/types.js";
import { deviceHealths, deviceStates, type LogEntryRow } from "../store/rows.js";
import { badRequest } from "../submit/refusals.js";
import { jobRow } from "./job/views.js";
import { fieldsOf, filter, pagedHref } from "./list-query.js";
import { get, numberIn, type PageRequest, type PageRoute, post } from "./page-request.js";

const perPage = 100;
const lastJobs = 10;
const mostHistory = 30;

const deviceRow = (device: DeviceView): DeviceRowView => ({
  name: device.name,
  type: device.device_type,
  description: device.description,
  state: device.state,
  health: device.health,
  worker: device.worker,
  tags: device.tags,
  job: device.current_job,
});

const oneOf = (words: readonly string[], value: string): string => (words.includes(value) ? value : "");

function filtersOf(query: URLSearchParams): DeviceFilters {
  const of = fieldsOf(query);
  return {
    type: of("type"),
    state: oneOf(deviceStates, of("state")),
    health: oneOf(deviceHealths, of("health")),
    worker: of("worker"),
    tag: of("tag"),
    text: of("text"),
    all: of("all") !== "",
  };
}

async function showDevices({ services, asker, frame, query }: PageRequest) {
  const filters = filtersOf(query);
  const offset = numberIn(query, "offset", { otherwise: 0 });
  const { count, items } = await services.devices.list(asker, {
    filters: [
      ...filter("device_type", "exact", filters.type),
      ...filter("state", "exact", filters.state),
      ...filter("health", "exact", filters.health),
      ...filter("worker", "exact", filters.worker),
      ...filter("tags", "exact", filters.tag),
      ...filter("name", "icontains", filters.text),
    ],
    all: filters.all || filters.health === "Retired",
    limit: perPage,
    offset,
  });
  return {
    html: devicesPage(frame, {
      filters,
      devices: items.map(deviceRow),
      pager: { count, offset, limit: perPage, href: pagedHref("/devices", query) },
    }),
  };
}

/** The last change of its health, where no job is started on it because of that. */
function whyNot({ health }: DeviceView, history: readonly LogEntryRow[]): LogEntryRow | undefined {
  if (health !== "Bad" && health !== "Maintenance" && health !== "Retired") return undefined;
  // written by states/note.ts: `Good → Bad (why)`
  return history.find(({ message }) => message.includes(` → ${health}`));
}

async function showDevice({ services, asker, frame, rights, clock, params: { name = "" } }: PageRequest) {
  const { devices, jobs } = services;
  const device = await devices.get(asker, name);
  const filters = filter("actual_device", "exact", name);
  const [known, dictionary, rendered, history, last] = await Promise.all([
    rights(),
    // what says how a board's power is switched is not for everybody: services decide
    devices.dictionary(asker, name).catch(notForAsker),
    devices.rendered(asker, name).then(
      (text) => ({ text }),
      (error: unknown) => ({ problem: toBasaltError(error).message }),
    ),
    devices.history(asker, name).catch(() => []),
    jobs.list(asker, { filters, ordering: "-id", limit: lastJobs }),
  ]);
  return {
    html: devicePage(frame, {
      device: {
        ...deviceRow(device),
        version: device.device_version,
        owner: device.physical_owner ?? device.physical_group,
        healthJob: device.last_health_job,
      },
      mayChange: known.mayChangeDevice(asker, device),
      dictionary,
      rendered,
      why: whyNot(device, history),
      history: history.slice(0, mostHistory),
      jobs: last.items.map(jobRow),
      now: new Date(clock.now()),
    }),
  };
}

function notForAsker(error: unknown): undefined {
  const { status } = toBasaltError(error).details;
  if (status !== 401 && status !== 403) throw error;
  return undefined;
}

async function setDeviceHealth({ services, asker, params: { name = "" }, form }: PageRequest) {
  const health = deviceHealths.find((known) => known === form.get("health"));
  if (!health) throw badRequest("ERR_HEALTH", `'${form.get("health")}' is no health of a device`);
  await services.devices.setHealth(asker, name, health, form.get("reason")?.trim() || undefined);
  return { redirect: `/devices/${encodeURIComponent(name)}?said=health-set` };
}

/** Devices, and one of them. */
export const deviceRoutes: readonly PageRoute[] = [
  get("/devices", showDevices),
  get("/devices/:name", showDevice),
  post("/devices/:name/health", setDeviceHealth),
];
