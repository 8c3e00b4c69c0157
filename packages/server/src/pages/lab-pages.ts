import { typesPage, workersPage } from "@basalt/web";
import type { Asker, DeviceTypeView, Services } from "../services/types.js";
import { type WorkerHealth, workerHealths } from "../store/rows.js";
import { badRequest } from "../submit/refusals.js";
import { filter } from "./list-query.js";
import { get, type PageRequest, type PageRoute, post } from "./page-request.js";

const mostTypes = 1_000;
const mostWorkers = 1_000;
/** Queued jobs that are counted at once; beyond that each type is asked for. */
const mostQueued = 1_000;

function healthCheckOf(type: DeviceTypeView): string {
  if (!type.has_health_check) return "none";
  return type.disable_health_check ? "off" : `every ${type.health_frequency} ${type.health_denominator}`;
}

const isQueued = filter("state", "exact", "Submitted");

/** How many jobs wait for each type. */
async function queuedOf(
  { jobs }: Pick<Services, "jobs">,
  asker: Asker,
  types: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const { count, items } = await jobs.list(asker, { filters: isQueued, limit: mostQueued });
  if (count <= items.length) {
    for (const { requested_device_type: type } of items)
      if (type !== null) counts.set(type, (counts.get(type) ?? 0) + 1);
    return counts;
  }
  const filters = (type: string) => [...isQueued, ...filter("requested_device_type", "exact", type)];
  for (const type of types) counts.set(type, (await jobs.list(asker, { filters: filters(type), limit: 1 })).count);
  return counts;
}

async function showTypes({ services, asker, frame }: PageRequest) {
  const { items } = await services.deviceTypes.list(asker, { limit: mostTypes });
  const queued = await queuedOf(
    services,
    asker,
    items.map(({ name }) => name),
  );
  const types = items.map((type) => ({
    name: type.name,
    description: type.description,
    architecture: type.architecture,
    aliases: type.aliases,
    ...type.devices,
    queued: queued.get(type.name) ?? 0,
    jobLimit: type.job_limit,
    hasTemplate: type.has_template,
    healthCheck: healthCheckOf(type),
  }));
  return { html: typesPage(frame, { types }) };
}

async function showWorkers({ services, asker, frame, rights }: PageRequest) {
  const [{ items }, known] = await Promise.all([services.workers.list(asker, { limit: mostWorkers }), rights()]);
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

async function setWorkerHealth({ services, asker, params: { name = "" }, form }: PageRequest) {
  const health: WorkerHealth | undefined = workerHealths.find((known) => known === form.get("health"));
  if (!health) throw badRequest("ERR_HEALTH", `'${form.get("health")}' is no health of a worker`);
  await services.workers.setHealth(asker, name, health, form.get("reason")?.trim() || undefined);
  return { redirect: "/workers?said=health-set" };
}

/** The types of the lab's devices, and its workers. */
export const labRoutes: readonly PageRoute[] = [
  get("/device-types", showTypes),
  get("/workers", showWorkers),
  post("/workers/:name/health", setWorkerHealth),
];
