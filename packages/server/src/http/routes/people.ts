import type { JsonObject } from "@basalt/core";
import type { UserChanges, UserView } from "../../services/types.js";
import { notFound, refusal } from "../../submit/refusals.js";
import {
  answers,
  gives,
  givesPage,
  json,
  listQuery,
  nothing,
  orderedQuery,
  pageAnswer,
  pageQuery,
  sliceAnswer,
} from "../answers.js";
import { type ApiRequest, defineRoute, type Route, type Schema } from "../route.js";

const tag = "people";
const users = "/api/v0.2/users/";
const groups = "/api/v0.2/groups/";

const texts = { type: "array", items: { type: "string" } };
const userProperties: Record<string, Schema> = {
  username: { type: "string" },
  first_name: { type: "string" },
  last_name: { type: "string" },
  email: { type: "string" },
  is_active: { type: "boolean" },
  is_staff: { type: "boolean" },
  is_superuser: { type: "boolean" },
  groups: { ...texts, description: "Names." },
  permissions: { ...texts, description: "Global ones, such as add_device." },
  password: { type: "string", writeOnly: true },
};
const userBody = (required: readonly string[]): Schema => ({
  type: "object",
  required: [...required],
  properties: userProperties,
  additionalProperties: false,
});

/** LAVA names users by number; a name does as well. */
async function findUser({ services, asker, params }: ApiRequest): Promise<UserView> {
  const key = params.user ?? "";
  if (/^\d{1,9}$/.test(key)) {
    const filters = [{ field: ["id"], lookup: "exact", value: key }];
    const { items } = await services.people.users(asker, { filters, limit: 1 });
    if (items[0]) return items[0];
  }
  return services.people.user(asker, key);
}

async function updateUser(request: ApiRequest) {
  const { username } = await findUser(request);
  const { username: _name, ...changes } = request.body;
  await request.services.people.updateUser(request.asker, username, changes as UserChanges);
  return json(await request.services.people.user(request.asker, username));
}

async function findGroup({ services, asker, params }: ApiRequest) {
  const all = await services.people.groups(asker);
  const found = all.find(({ id }) => String(id) === params.group) ?? all.find(({ name }) => name === params.group);
  if (!found) throw notFound("ERR_NOT_FOUND", `there is no group '${params.group}' here`);
  return found;
}

const groupChanges = ({ users: members, permissions }: JsonObject) => ({
  ...(members === undefined ? {} : { users: members as readonly string[] }),
  ...(permissions === undefined ? {} : { permissions: permissions as readonly string[] }),
});
const groupBody = (required: readonly string[]): Schema => ({
  type: "object",
  required: [...required],
  properties: { name: { type: "string" }, users: texts, permissions: texts },
  additionalProperties: false,
});

const unauthorized = refusal(401);
const tokenDescription = "made by api/v0.2/token/";
/** Clients that log in each time must not fill the table: the one that was not used for longest makes room. */
const mostMadeTokens = 10;

async function makeToken({ services, address, body }: ApiRequest) {
  const found = await services.people.logIn(String(body.username), String(body.password), { address });
  if (!found) throw unauthorized("ERR_LOGIN", "username and password don't belong together");
  await services.people.logOut(found.cookie);
  const made = (await services.people.tokens(found.person)).filter(
    ({ description }) => description === tokenDescription,
  );
  const used = ({ last_used_on, created_on }: (typeof made)[number]): number => (last_used_on ?? created_on).getTime();
  const oldest = [...made].sort((a, b) => used(a) - used(b))[0];
  if (oldest && made.length >= mostMadeTokens) await services.people.removeToken(found.person, oldest.id);
  const { token } = await services.people.addToken(found.person, { description: tokenDescription });
  return json({ token });
}

const permissionRoutes = (kind: "device" | "devicetype"): readonly Route[] => {
  const path = `/api/v0.2/permissions/${kind}s/`;
  const name = kind === "device" ? "Device" : "DeviceType";
  type Row = Awaited<ReturnType<ApiRequest["services"]["people"]["permissions"]>>[number];
  const view = ({ codename, ...row }: Row): object => ({ ...row, permission: `${codename}_${kind}` });
  const codenames = ["view", "submit_to", "change"] as const;
  return [
    defineRoute({
      method: "get",
      path,
      id: `list${name}Permissions`,
      tag,
      summary: `Rights of groups on single ${kind === "device" ? "devices" : "device types"}.`,
      query: { ...pageQuery, object: { type: "string" } },
      answers: answers({ 200: givesPage("Permission") }, 403),
      async handle(request) {
        const object = request.query.get("object") ?? undefined;
        return sliceAnswer(request, await request.services.people.permissions(request.asker, kind, object), view);
      },
    }),
    defineRoute({
      method: "post",
      path,
      id: `grant${name}Permission`,
      tag,
      summary: "Grant one.",
      body: {
        type: "object",
        required: ["group", "permission", "object"],
        properties: {
          group: { type: "string" },
          object: { type: "string" },
          permission: { type: "string", enum: codenames.map((codename) => `${codename}_${kind}`) },
        },
      },
      answers: answers({ 201: gives("Permission", "It is granted.") }, 403, 404),
      async handle({ services, asker, body }) {
        const codename = codenames.find((word) => body.permission === `${word}_${kind}`) ?? "view";
        const [group, object] = [String(body.group), String(body.object)];
        await services.people.grant(asker, { kind, object, group, codename });
        const rows = await services.people.permissions(asker, kind, object);
        const row = rows.find((item) => item.group === group && item.codename === codename);
        if (!row) throw notFound("ERR_NOT_FOUND", "the permission was taken away again");
        return json(view(row), 201);
      },
    }),
    defineRoute({
      method: "delete",
      path: `${path}{permission}/`,
      id: `revoke${name}Permission`,
      tag,
      summary: "Take one away.",
      answers: answers({ 204: { description: "It is gone." } }, 403, 404),
      async handle({ services, asker, params }) {
        const rows = await services.people.permissions(asker, kind);
        const row = rows.find(({ id }) => String(id) === params.permission);
        if (!row) throw notFound("ERR_NOT_FOUND", `there is no permission '${params.permission}' here`);
        await services.people.revoke(asker, row.id);
        return nothing;
      },
    }),
  ];
};

export const peopleRoutes: readonly Route[] = [
  defineRoute({
    method: "post",
    path: "/api/v0.2/token/",
    id: "makeToken",
    tag,
    summary: "A token for a name and a password. Attempts are counted by address and by name.",
    body: {
      type: "object",
      required: ["username", "password"],
      properties: { username: { type: "string" }, password: { type: "string" } },
    },
    answers: answers(
      {
        200: {
          description: "Shown here and never again; at most ten made so are kept for each user.",
          schema: { type: "object", required: ["token"], properties: { token: { type: "string" } } },
        },
      },
      429,
    ),
    handle: makeToken,
  }),
  defineRoute({
    method: "get",
    path: users,
    id: "listUsers",
    tag,
    summary: "Users: all for superusers, themselves for others.",
    query: orderedQuery,
    filters: ["id", "username", "email", "is_active", "is_staff", "is_superuser", "groups__name"],
    answers: answers({ 200: givesPage("User") }),
    handle: async (request) =>
      pageAnswer(request, await request.services.people.users(request.asker, listQuery(request)), (item) => item),
  }),
  defineRoute({
    method: "post",
    path: users,
    id: "addUser",
    tag,
    summary: "Add a user. Without a password they can't log in with one until it is set.",
    body: userBody(["username"]),
    answers: answers({ 201: gives("User", "They were added.") }, 403, 409),
    async handle({ services, asker, body }) {
      const { username, ...changes } = body;
      await services.people.addUser(asker, String(username), changes as UserChanges);
      return json(await services.people.user(asker, String(username)), 201);
    },
  }),
  defineRoute({
    method: "get",
    path: `${users}{user}/`,
    id: "getUser",
    tag,
    summary: "One user, by number or name.",
    answers: answers({ 200: gives("User", "The user.") }, 404),
    handle: async (request) => json(await findUser(request)),
  }),
  ...(["put", "patch"] as const).map((method) =>
    defineRoute({
      method,
      path: `${users}{user}/`,
      id: method === "put" ? "replaceUser" : "changeUser",
      tag,
      summary: "Change what is given. Everybody may change their own names, address and password.",
      body: userBody([]),
      answers: answers({ 200: gives("User", "As they are now.") }, 403, 404),
      handle: updateUser,
    }),
  ),
  defineRoute({
    method: "delete",
    path: `${users}{user}/`,
    id: "removeUser",
    tag,
    summary: "Remove a user who has submitted no job.",
    answers: answers({ 204: { description: "They are gone." } }, 403, 404, 409),
    async handle(request) {
      const { username } = await findUser(request);
      await request.services.people.removeUser(request.asker, username);
      return nothing;
    },
  }),
  defineRoute({
    method: "get",
    path: groups,
    id: "listGroups",
    tag,
    summary: "Groups: all for superusers, their own for others.",
    query: pageQuery,
    answers: answers({ 200: givesPage("Group") }),
    handle: async (request) =>
      sliceAnswer(request, await request.services.people.groups(request.asker), (item) => item),
  }),
  defineRoute({
    method: "post",
    path: groups,
    id: "addGroup",
    tag,
    summary: "Add a group.",
    body: groupBody(["name"]),
    answers: answers({ 201: gives("Group", "It was added.") }, 403, 409),
    async handle(request) {
      const { services, asker, body } = request;
      const name = String(body.name);
      await services.people.addGroup(asker, name);
      await services.people.updateGroup(asker, name, groupChanges(body));
      return json(await findGroup({ ...request, params: { group: name } }), 201);
    },
  }),
  defineRoute({
    method: "get",
    path: `${groups}{group}/`,
    id: "getGroup",
    tag,
    summary: "One group, by number or name.",
    answers: answers({ 200: gives("Group", "The group.") }, 404),
    handle: async (request) => json(await findGroup(request)),
  }),
  ...(["put", "patch"] as const).map((method) =>
    defineRoute({
      method,
      path: `${groups}{group}/`,
      id: method === "put" ? "replaceGroup" : "changeGroup",
      tag,
      summary: "Change its members and permissions.",
      body: groupBody([]),
      answers: answers({ 200: gives("Group", "As it is now.") }, 403, 404),
      async handle(request) {
        const { name } = await findGroup(request);
        await request.services.people.updateGroup(request.asker, name, groupChanges(request.body));
        return json(await findGroup(request));
      },
    }),
  ),
  defineRoute({
    method: "delete",
    path: `${groups}{group}/`,
    id: "removeGroup",
    tag,
    summary: "Remove a group.",
    answers: answers({ 204: { description: "It is gone." } }, 403, 404),
    async handle(request) {
      const { name } = await findGroup(request);
      await request.services.people.removeGroup(request.asker, name);
      return nothing;
    },
  }),
  ...permissionRoutes("device"),
  ...permissionRoutes("devicetype"),
];
