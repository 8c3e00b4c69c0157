import { notFound } from "../../submit/refusals.js";
import { sliceAnswer } from "../answers.js";
import type { ApiRequest, Route } from "../route.js";
import { byIdOrName } from "./make/by-id-or-name.js";
import { addRoute, getRoute, listRoute, type Resource, removeRoute } from "./make/resource-routes.js";

const tags: Resource = { tag: "tags", root: "/api/v0.2/tags/", key: "tag", name: "Tag" };
const text = { type: "string" };

async function find({ services, asker }: ApiRequest, key: string) {
  const found = byIdOrName(await services.tags.list(asker), key);
  if (!found) throw notFound("ERR_NOT_FOUND", `there is no tag '${key}' here`);
  return found;
}

/** Device tags. */
export const tagRoutes: readonly Route[] = [
  listRoute(tags, {
    summary: "Device tags.",
    handle: async (request) => sliceAnswer(request, await request.services.tags.list(request.asker), (item) => item),
  }),
  addRoute(tags, {
    summary: "Add a tag.",
    body: { type: "object", required: ["name"], properties: { name: text, description: text } },
    async handle(request) {
      const { services, asker, body } = request;
      await services.tags.add(asker, String(body.name), String(body.description ?? ""));
      return find(request, String(body.name));
    },
  }),
  getRoute(tags, { summary: "One tag, by number or name.", said: "The tag.", handle: find }),
  removeRoute(tags, {
    summary: "Remove a tag, from its devices, too.",
    handle: async (request, key) => request.services.tags.remove(request.asker, (await find(request, key)).name),
  }),
];
