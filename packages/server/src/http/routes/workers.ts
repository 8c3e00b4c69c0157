import type { WorkerView } from "../../services/types.js";
import { workerListing } from "../../services/worker-listing.js";
import { workerHealths } from "../../store/rows.js";
import { listQuery, pageAnswer } from "../answers.js";
import type { ApiRequest, Route, Schema } from "../route.js";
import { healthOf, healthRoute, healthSchema } from "./make/health-route.js";
import { addRoute, changeRoutes, getRoute, listRoute, type Resource, removeRoute } from "./make/resource-routes.js";
import { textRoutes } from "./make/text-routes.js";

const workers: Resource = { tag: "workers", root: "/api/v0.2/workers/", key: "hostname", name: "Worker" };

const view = ({ name, ...worker }: WorkerView): object => ({ hostname: name, ...worker });
const read = async ({ services, asker }: ApiRequest, name: string) => view(await services.workers.get(asker, name));

const properties: Record<string, Schema> = {
  hostname: { type: "string" },
  description: { type: "string" },
  job_limit: { type: "integer", minimum: 0, description: "Jobs at the same time; 0: any number." },
  health: healthSchema(workerHealths),
};

async function add(request: ApiRequest): Promise<object> {
  const { services, asker, body } = request;
  const name = String(body.hostname);
  await services.workers.add(asker, name, {
    description: String(body.description ?? ""),
    job_limit: Number(body.job_limit ?? 0),
    ...(body.health === undefined ? {} : { health: healthOf(workerHealths, body.health) }),
  });
  return read(request, name);
}

async function change(request: ApiRequest, name: string): Promise<object> {
  const { services, asker, body } = request;
  const health = body.health === undefined ? undefined : healthOf(workerHealths, body.health);
  await services.workers.update(asker, name, {
    ...(body.description === undefined ? {} : { description: String(body.description) }),
    ...(body.job_limit === undefined ? {} : { job_limit: Number(body.job_limit) }),
  });
  if (health !== undefined) await services.workers.setHealth(asker, name, health);
  return read(request, name);
}

/** LAVA's names of them: `config` is dispatcher.yaml. */
const configRoutes = (path: "config" | "env", kind: "dispatcher" | "env"): readonly Route[] =>
  textRoutes(workers, {
    path,
    kind,
    name: path === "config" ? "WorkerConfig" : "WorkerEnv",
    field: path,
    what: `its ${kind}.yaml`,
    type: "application/yaml",
    said: "The text.",
    read: ({ services, asker }, name) => services.workers.config(asker, name, kind),
    missing: (name) => `worker ${name} has no ${kind}.yaml of its own`,
    write: ({ services, asker }, name, given) =>
      services.workers.setConfig(asker, name, kind, given.text, given.reason),
  });

export const workerRoutes: readonly Route[] = [
  listRoute(workers, {
    summary: "Workers that the asker may see.",
    filters: Object.keys(workerListing.fields),
    handle: async (request) =>
      pageAnswer(request, await request.services.workers.list(request.asker, listQuery(request)), view),
  }),
  addRoute(workers, {
    summary: "Add a worker.",
    body: { type: "object", required: ["hostname"], properties },
    handle: add,
  }),
  getRoute(workers, { summary: "One worker.", said: "The worker.", handle: read }),
  ...changeRoutes(workers, { summary: "Change what is given.", body: { type: "object", properties }, handle: change }),
  removeRoute(workers, {
    summary: "Remove a worker that has no job; its devices stay, without a worker.",
    refuses: [403, 404, 409],
    handle: ({ services, asker }, name) => services.workers.remove(asker, name),
  }),
  healthRoute(workers, {
    summary: "Set its health, with a reason for the log; its devices follow.",
    words: workerHealths,
    set: ({ services, asker }, name, { health, reason }) => services.workers.setHealth(asker, name, health, reason),
  }),
  ...configRoutes("env", "env"),
  ...configRoutes("config", "dispatcher"),
];
