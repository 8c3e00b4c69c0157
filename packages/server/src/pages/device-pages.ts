import { toBasaltError } from "@basalt/core";
import { type DeviceRowView, devicePage, devicesPage, typesPage, workersPage } from "@basalt/web";
import type { DeviceTypeView, DeviceView, Filter } from "../services/types.js";
import { deviceHealths, type WorkerHealth, workerHealths } from "../store/rows.js";
import { badRequest } from "../submit/refusals.js";
import { jobRow } from "./job/views.js";
import { get, numberIn, type PageRequest, type PageRoute, post } from "./page-request.js";

const perPage = 100;
const mostTypes = 200;
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

async function showDevices({ services, asker, frame, query }: PageRequest) {
  const of = (name: string): string => (query.get(name) ?? "").trim();
  const filters = { type: of("type"), health: of("health"), text: of("text"), all: of("all") !== "" };
  const offset = numberIn(query, "offset", { otherwise: 0 });
  const wanted: readonly (Filter | undefined)[] = [
    filters.type === "" ? undefined : { field: ["device_type"], lookup: "exact", value: filters.type },
    (deviceHealths as readonly string[]).includes(filters.health)
      ? { field: ["health"], lookup: "exact", value: filters.health }
      : undefined,
    filters.text === "" ? undefined : { field: ["name"], lookup: "icontains", value: filters.text },
  ];
  const { count, items } = await services.devices.list(asker, {
    filters: wanted.filter((filter) => filter !== undefined),
    all: filters.all || filters.health === "Retired",
    limit: perPage,
    offset,
  });
  const href = (start: number): string => {
    const other = new URLSearchParams(query);
    other.set("offset", String(start));
    return `/devices?${other}`;
  };
  return {
    html: devicesPage(frame, {
      filters,
      devices: items.map(deviceRow),
      pager: { count, offset, limit: perPage, href },
    }),
  };
}

async function showDevice({ services, asker, frame, rights, params: { name = "" } }: PageRequest) {
  const { devices, jobs } = services;
  const device = await devices.get(asker, name);
  const filters: readonly Filter[] = [{ field: ["actual_device"], lookup: "exact", value: name }];
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
      history: history.slice(0, mostHistory),
      jobs: last.items.map(jobRow),
    }),
  };
}

function notForAsker(error: unknown): undefined {
  const { status } = toBasaltError(error).details;
  if (status !== 401 && status !== 403) throw error;
  return undefined;
}

const reasonOf = (form: URLSearchParams): string | undefined => form.get("reason")?.trim() || undefined;

async function setDeviceHealth({ services, asker, params: { name = "" }, form }: PageRequest) {
  const health = deviceHealths.find((known) => known === form.get("health"));
  if (!health) throw badRequest("ERR_HEALTH", `'${form.get("health")}' is no health of a device`);
  await services.devices.setHealth(asker, name, health, reasonOf(form));
  return { redirect: `/devices/${encodeURIComponent(name)}?said=health-set` };
}

async function setWorkerHealth({ services, asker, params: { name = "" }, form }: PageRequest) {
  const health: WorkerHealth | undefined = workerHealths.find((known) => known === form.get("health"));
  if (!health) throw badRequest("ERR_HEALTH", `'${form.get("health")}' is no health of a worker`);
  await services.workers.setHealth(asker, name, health, reasonOf(form));
  return { redirect: "/workers?said=health-set" };
}

function healthCheckOf({
  has_health_check,
  disable_health_check,
  health_frequency,
  health_denominator,
}: DeviceTypeView) {
  if (!has_health_check) return "none";
  return disable_health_check ? "off" : `every ${health_frequency} ${health_denominator}`;
}

async function showTypes({ services, asker, frame }: PageRequest) {
  const { items } = await services.deviceTypes.list(asker, { limit: mostTypes });
  const queued = await Promise.all(
    items.map(async ({ name }) => {
      const filters: readonly Filter[] = [
        { field: ["state"], lookup: "exact", value: "Submitted" },
        { field: ["requested_device_type"], lookup: "exact", value: name },
      ];
      return (await services.jobs.list(asker, { filters, limit: 1 })).count;
    }),
  );
  const types = items.map((type, index) => ({
    name: type.name,
    description: type.description,
    architecture: type.architecture,
    aliases: type.aliases,
    ...type.devices,
    queued: queued[index] ?? 0,
    jobLimit: type.job_limit,
    hasTemplate: type.has_template,
    healthCheck: healthCheckOf(type),
  }));
  return { html: typesPage(frame, { types }) };
}

async function showWorkers({ services, asker, frame, rights }: PageRequest) {
  const [{ items }, known] = await Promise.all([services.workers.list(asker, { limit: mostTypes }), rights()]);
  const workers = items.map((worker) => ({
    name: worker.name,
    description: worker.description,
    state: worker.state,
    health: worker.health,
    version: worker.version,
    lastSeen: worker.last_ping,
    jobLimit: worker.job_limit,
    devices: worker.devices,
    jobs: worker.jobs,
    mayChange: known.mayChange(asker, "worker", worker.name),
  }));
  return { html: workersPage(frame, { workers }) };
}

/** What the lab is made of. */
export const deviceRoutes: readonly PageRoute[] = [
  get("/devices", showDevices),
  get("/devices/:name", showDevice),
  post("/devices/:name/health", setDeviceHealth),
  get("/device-types", showTypes),
  get("/workers", showWorkers),
  post("/workers/:name/health", setWorkerHealth),
];
