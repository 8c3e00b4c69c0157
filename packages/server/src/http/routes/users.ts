import type { UserChanges, UserView } from "../../services/types.js";
import { listQuery, pageAnswer } from "../answers.js";
import type { ApiRequest, Route, Schema } from "../route.js";
import { addRoute, changeRoutes, getRoute, listRoute, type Resource, removeRoute } from "./make/resource-routes.js";

const users: Resource = { tag: "people", root: "/api/v0.2/users/", key: "user", name: "User" };

const texts = { type: "array", items: { type: "string" } };
const properties: Record<string, Schema> = {
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
const bodyWith = (required: readonly string[]): Schema => ({
  type: "object",
  required: [...required],
  properties,
  additionalProperties: false,
});

/** LAVA names users by number; a name does as well. */
async function find({ services, asker }: ApiRequest, key: string): Promise<UserView> {
  if (/^\d{1,9}$/.test(key)) {
    const filters = [{ field: ["id"], lookup: "exact", value: key }];
    const { items } = await services.people.users(asker, { filters, limit: 1 });
    if (items[0]) return items[0];
  }
  return services.people.user(asker, key);
}

async function add({ services, asker, body }: ApiRequest): Promise<UserView> {
  const { username, ...changes } = body;
  await services.people.addUser(asker, String(username), changes as UserChanges);
  return services.people.user(asker, String(username));
}

async function change(request: ApiRequest, key: string): Promise<UserView> {
  const { services, asker, body } = request;
  const { username } = await find(request, key);
  const { username: _name, ...changes } = body;
  await services.people.updateUser(asker, username, changes as UserChanges);
  return services.people.user(asker, username);
}

export const userRoutes: readonly Route[] = [
  listRoute(users, {
    summary: "Users: all for superusers, themselves for others.",
    filters: ["id", "username", "email", "is_active", "is_staff", "is_superuser", "groups__name"],
    handle: async (request) =>
      pageAnswer(request, await request.services.people.users(request.asker, listQuery(request)), (item) => item),
  }),
  addRoute(users, {
    summary: "Add a user. Without a password they can't log in with one until it is set.",
    said: "They were added.",
    body: bodyWith(["username"]),
    handle: add,
  }),
  getRoute(users, { summary: "One user, by number or name.", said: "The user.", handle: find }),
  ...changeRoutes(users, {
    summary: "Change what is given. Everybody may change their own names, address and password.",
    said: "As they are now.",
    body: bodyWith([]),
    handle: change,
  }),
  removeRoute(users, {
    summary: "Remove a user who has submitted no job.",
    said: "They are gone.",
    refuses: [403, 404, 409],
    async handle(request, key) {
      const { username } = await find(request, key);
      await request.services.people.removeUser(request.asker, username);
    },
  }),
];
