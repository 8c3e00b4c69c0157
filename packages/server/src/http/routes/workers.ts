import type { WorkerView } from "../../services/types.js";
import { workerListing } from "../../services/worker-listing.js";
import { workerHealths } from "../../store/rows.js";
import { notFound } from "../../submit/refusals.js";
import {
  answers,
  gives,
  givesPage,
  givesText,
  json,
  listQuery,
  nothing,
  orderedQuery,
  pageAnswer,
  text,
} from "../answers.js";
import { type ApiRequest, defineRoute, type Route, type Schema } from "../route.js";
import { wordOf } from "./devices.js";

const tag = "workers";
const root = "/api/v0.2/workers/";
const one = `${root}{hostname}/`;

const view = ({ name, ...worker }: WorkerView): object => ({ hostname: name, ...worker });
const answer = async ({ services, asker }: ApiRequest, name: string, status = 200) =>
  json(view(await services.workers.get(asker, name)), status);

const health: Schema = { type: "string", description: `One of ${workerHealths.join(", ")}, in any case.` };
const properties: Record<string, Schema> = {
  hostname: { type: "string" },
  description: { type: "string" },
  job_limit: { type: "integer", minimum: 0, description: "Jobs at the same time; 0: any number." },
  health,
};

async function update(request: ApiRequest) {
  const { services, asker, params, body } = request;
  const name = params.hostname ?? "";
  await services.workers.update(asker, name, {
    ...(body.description === undefined ? {} : { description: String(body.description) }),
    ...(body.job_limit === undefined ? {} : { job_limit: Number(body.job_limit) }),
  });
  if (body.health !== undefined)
    await services.workers.setHealth(asker, name, wordOf(workerHealths, body.health, "health"));
  return answer(request, name);
}

const configRoutes = (path: "config" | "env", kind: "dispatcher" | "env"): readonly Route[] => {
  const name = path === "config" ? "Config" : "Env";
  return [
    defineRoute({
      method: "get",
      path: `${one}${path}/`,
      id: `getWorker${name}`,
      tag,
      summary: `Its ${kind}.yaml.`,
      answers: answers({ 200: givesText("application/yaml", "The text.") }, 404),
      async handle({ services, asker, params }) {
        const found = await services.workers.config(asker, params.hostname ?? "", kind);
        if (found === undefined)
          throw notFound("ERR_NOT_FOUND", `worker ${params.hostname} has no ${kind}.yaml of its own`);
        return text(found, "application/yaml");
      },
    }),
    defineRoute({
      method: "post",
      path: `${one}${path}/`,
      id: `setWorker${name}`,
      tag,
      summary: `Write its ${kind}.yaml: a new revision. An empty text removes it.`,
      body: {
        type: "object",
        required: [path],
        properties: { [path]: { type: "string" }, reason: { type: "string" } },
      },
      answers: answers({ 200: gives("Message", "It is written.") }, 403, 404),
      async handle({ services, asker, params, body }) {
        const reason = body.reason as string | undefined;
        await services.workers.setConfig(asker, params.hostname ?? "", kind, String(body[path]), reason);
        return json({ message: "OK" });
      },
    }),
  ];
};

export const workerRoutes: readonly Route[] = [
  defineRoute({
    method: "get",
    path: root,
    id: "listWorkers",
    tag,
    summary: "Workers that the asker may see.",
    query: orderedQuery,
    filters: Object.keys(workerListing.fields),
    answers: answers({ 200: givesPage("Worker") }),
    handle: async (request) =>
      pageAnswer(request, await request.services.workers.list(request.asker, listQuery(request)), view),
  }),
  defineRoute({
    method: "post",
    path: root,
    id: "addWorker",
    tag,
    summary: "Add a worker.",
    body: { type: "object", required: ["hostname"], properties },
    answers: answers({ 201: gives("Worker", "It was added.") }, 403, 409),
    async handle(request) {
      const { services, asker, body } = request;
      const name = String(body.hostname);
      const wanted = body.health === undefined ? "Active" : wordOf(workerHealths, body.health, "health");
      await services.workers.add(asker, name, {
        description: String(body.description ?? ""),
        job_limit: Number(body.job_limit ?? 0),
        disabled: wanted === "Retired",
      });
      if (wanted === "Maintenance") await services.workers.setHealth(asker, name, wanted);
      return answer(request, name, 201);
    },
  }),
  defineRoute({
    method: "get",
    path: one,
    id: "getWorker",
    tag,
    summary: "One worker.",
    answers: answers({ 200: gives("Worker", "The worker.") }, 404),
    handle: (request) => answer(request, request.params.hostname ?? ""),
  }),
  ...(["put", "patch"] as const).map((method) =>
    defineRoute({
      method,
      path: one,
      id: method === "put" ? "replaceWorker" : "changeWorker",
      tag,
      summary: "Change what is given.",
      body: { type: "object", properties },
      answers: answers({ 200: gives("Worker", "As it is now.") }, 403, 404),
      handle: update,
    }),
  ),
  defineRoute({
    method: "delete",
    path: one,
    id: "removeWorker",
    tag,
    summary: "Remove a worker that has no job; its devices stay, without a worker.",
    answers: answers({ 204: { description: "It is gone." } }, 403, 404, 409),
    async handle({ services, asker, params }) {
      await services.workers.remove(asker, params.hostname ?? "");
      return nothing;
    },
  }),
  defineRoute({
    method: "post",
    path: `${one}set_health/`,
    id: "setWorkerHealth",
    tag,
    summary: "Set its health, with a reason for the log; its devices follow.",
    body: { type: "object", required: ["health"], properties: { health, reason: { type: "string" } } },
    answers: answers({ 202: gives("Message", "It is set.") }, 403, 404),
    async handle({ services, asker, params, body }) {
      const wanted = wordOf(workerHealths, body.health, "health");
      await services.workers.setHealth(asker, params.hostname ?? "", wanted, body.reason as string | undefined);
      return json({ message: "OK" }, 202);
    },
  }),
  ...configRoutes("env", "env"),
  ...configRoutes("config", "dispatcher"),
];
