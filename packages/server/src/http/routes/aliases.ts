import { notFound } from "../../submit/refusals.js";
import { sliceAnswer } from "../answers.js";
import type { ApiRequest, Route } from "../route.js";
import { addRoute, getRoute, listRoute, type Resource, removeRoute } from "./make/resource-routes.js";

const aliases: Resource = {
  tag: "device types",
  root: "/api/v0.2/aliases/",
  key: "name",
  name: "Alias",
  many: "Aliases",
};

async function find({ services, asker }: ApiRequest, key: string) {
  const found = (await services.deviceTypes.aliases(asker)).find(({ name }) => name === key);
  if (!found) throw notFound("ERR_NOT_FOUND", `there is no alias '${key}' here`);
  return found;
}

async function add({ services, asker, body: { name, device_type } }: ApiRequest): Promise<object> {
  const type = await services.deviceTypes.get(asker, String(device_type));
  await services.deviceTypes.update(asker, type.name, { aliases: [...type.aliases, String(name)] });
  return { name, device_type };
}

async function remove(request: ApiRequest, key: string): Promise<void> {
  const { services, asker } = request;
  const { name, device_type } = await find(request, key);
  const type = await services.deviceTypes.get(asker, device_type);
  const left = type.aliases.filter((alias) => alias !== name);
  await services.deviceTypes.update(asker, device_type, { aliases: left });
}

/** Other names of device types. */
export const aliasRoutes: readonly Route[] = [
  listRoute(aliases, {
    summary: "Other names of device types.",
    handle: async (request) =>
      sliceAnswer(request, await request.services.deviceTypes.aliases(request.asker), (item) => item),
  }),
  addRoute(aliases, {
    summary: "Give a device type another name.",
    refuses: [403, 404, 409],
    body: {
      type: "object",
      required: ["name", "device_type"],
      properties: { name: { type: "string" }, device_type: { type: "string" } },
    },
    handle: add,
  }),
  getRoute(aliases, { summary: "One of them.", said: "The alias.", handle: find }),
  removeRoute(aliases, { summary: "Take it away.", handle: remove }),
];
