import type { JsonObject } from "@basalt/core";
import { notFound } from "../../submit/refusals.js";
import { sliceAnswer } from "../answers.js";
import type { ApiRequest, Route, Schema } from "../route.js";
import { byIdOrName } from "./make/by-id-or-name.js";
import { addRoute, changeRoutes, getRoute, listRoute, type Resource, removeRoute } from "./make/resource-routes.js";

const groups: Resource = { tag: "people", root: "/api/v0.2/groups/", key: "group", name: "Group" };

const texts = { type: "array", items: { type: "string" } };
const bodyWith = (required: readonly string[]): Schema => ({
  type: "object",
  required: [...required],
  properties: { name: { type: "string" }, users: texts, permissions: texts },
  additionalProperties: false,
});

async function find({ services, asker }: ApiRequest, key: string) {
  const found = byIdOrName(await services.people.groups(asker), key);
  if (!found) throw notFound("ERR_NOT_FOUND", `there is no group '${key}' here`);
  return found;
}

const changesOf = ({ users, permissions }: JsonObject) => ({
  ...(users === undefined ? {} : { users: users as readonly string[] }),
  ...(permissions === undefined ? {} : { permissions: permissions as readonly string[] }),
});

async function add(request: ApiRequest) {
  const { services, asker, body } = request;
  const name = String(body.name);
  await services.people.addGroup(asker, name, changesOf(body));
  return find(request, name);
}

async function change(request: ApiRequest, key: string) {
  const { name } = await find(request, key);
  await request.services.people.updateGroup(request.asker, name, changesOf(request.body));
  return find(request, key);
}

export const groupRoutes: readonly Route[] = [
  listRoute(groups, {
    summary: "Groups: all for superusers, their own for others.",
    handle: async (request) =>
      sliceAnswer(request, await request.services.people.groups(request.asker), (item) => item),
  }),
  addRoute(groups, { summary: "Add a group.", body: bodyWith(["name"]), handle: add }),
  getRoute(groups, { summary: "One group, by number or name.", said: "The group.", handle: find }),
  ...changeRoutes(groups, { summary: "Change its members and permissions.", body: bodyWith([]), handle: change }),
  removeRoute(groups, {
    summary: "Remove a group.",
    async handle(request, key) {
      const { name } = await find(request, key);
      await request.services.people.removeGroup(request.asker, name);
    },
  }),
];
