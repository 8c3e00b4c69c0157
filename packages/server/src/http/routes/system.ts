import { notFound } from "../../submit/refusals.js";
import { answers, gives, givesPage, json, nothing, pageQuery, sliceAnswer } from "../answers.js";
import { type ApiRequest, defineRoute, type Route } from "../route.js";

const root = "/api/v0.2/system/";
const tags = "/api/v0.2/tags/";
const text = { type: "string" };

async function findTag({ services, asker, params }: ApiRequest) {
  const all = await services.tags.list(asker);
  const found = all.find(({ id }) => String(id) === params.tag) ?? all.find(({ name }) => name === params.tag);
  if (!found) throw notFound("ERR_NOT_FOUND", `there is no tag '${params.tag}' here`);
  return found;
}

export const systemRoutes: readonly Route[] = [
  defineRoute({
    method: "get",
    path: `${root}version/`,
    id: "getVersion",
    tag: "system",
    summary: "The LAVA release that this server behaves as, and its own version.",
    answers: answers({
      200: {
        description: "Versions.",
        schema: { type: "object", required: ["version", "basalt"], properties: { version: text, basalt: text } },
      },
    }),
    async handle({ services }) {
      const { lava, basalt } = services.system.version();
      return json({ version: lava, basalt });
    },
  }),
  defineRoute({
    method: "get",
    path: `${root}whoami/`,
    id: "whoAmI",
    tag: "system",
    summary: "Who asks.",
    answers: answers({
      200: {
        description: "A name; null for somebody who is not logged in.",
        schema: { type: "object", required: ["user"], properties: { user: { type: ["string", "null"] } } },
      },
    }),
    handle: async ({ asker }) => json({ user: asker?.username ?? null }),
  }),
  defineRoute({
    method: "get",
    path: `${root}master_config/`,
    id: "getMasterConfig",
    tag: "system",
    summary: "Where events are, as LAVA's clients ask for it.",
    answers: answers({ 200: { description: "Settings.", schema: { type: "object" } } }),
    handle: async () =>
      json({ EVENT_NOTIFICATION: true, EVENT_TOPIC: "org.lavasoftware", EVENT_SOCKET: "", LOG_SIZE_LIMIT: 5 }),
  }),
  defineRoute({
    method: "get",
    path: `${root}overview/`,
    id: "getOverview",
    tag: "system",
    summary: "What waits, what runs, and how devices and workers are.",
    answers: answers({
      200: {
        description: "Counts of what the asker may see.",
        schema: {
          type: "object",
          required: ["queued", "running", "devices", "workers"],
          properties: {
            queued: { type: "integer" },
            running: { type: "integer" },
            devices: { type: "object", additionalProperties: { type: "integer" } },
            workers: { type: "object", additionalProperties: { type: "integer" } },
          },
        },
      },
    }),
    handle: async ({ services, asker }) => json(await services.system.overview(asker)),
  }),
  defineRoute({
    method: "get",
    path: tags,
    id: "listTags",
    tag: "tags",
    summary: "Device tags.",
    query: pageQuery,
    answers: answers({ 200: givesPage("Tag") }),
    handle: async (request) => sliceAnswer(request, await request.services.tags.list(request.asker), (item) => item),
  }),
  defineRoute({
    method: "post",
    path: tags,
    id: "addTag",
    tag: "tags",
    summary: "Add a tag.",
    body: { type: "object", required: ["name"], properties: { name: text, description: text } },
    answers: answers({ 201: gives("Tag", "It was added.") }, 403, 409),
    async handle(request) {
      const { services, asker, body } = request;
      await services.tags.add(asker, String(body.name), String(body.description ?? ""));
      return json(await findTag({ ...request, params: { tag: String(body.name) } }), 201);
    },
  }),
  defineRoute({
    method: "get",
    path: `${tags}{tag}/`,
    id: "getTag",
    tag: "tags",
    summary: "One tag, by number or name.",
    answers: answers({ 200: gives("Tag", "The tag.") }, 404),
    handle: async (request) => json(await findTag(request)),
  }),
  defineRoute({
    method: "delete",
    path: `${tags}{tag}/`,
    id: "removeTag",
    tag: "tags",
    summary: "Remove a tag, from its devices, too.",
    answers: answers({ 204: { description: "It is gone." } }, 403, 404),
    async handle(request) {
      await request.services.tags.remove(request.asker, (await findTag(request)).name);
      return nothing;
    },
  }),
];
