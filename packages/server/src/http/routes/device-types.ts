import { typeListing } from "../../services/devices/type-listing.js";
import type { DeviceTypeChanges } from "../../services/types.js";
import { allQuery, listAllQuery, pageAnswer } from "../answers.js";
import type { ApiRequest, Route, Schema } from "../route.js";
import { aliasRoutes } from "./aliases.js";
import { addRoute, changeRoutes, getRoute, listRoute, type Resource, removeRoute } from "./make/resource-routes.js";
import { textRoutes } from "./make/text-routes.js";

const types: Resource = { tag: "device types", root: "/api/v0.2/devicetypes/", key: "name", name: "DeviceType" };

const textOrNull = { type: ["string", "null"] };
const wholeOrNull = { type: ["integer", "null"] };
const properties: Record<string, Schema> = {
  name: { type: "string" },
  description: { type: "string" },
  architecture: textOrNull,
  processor: textOrNull,
  cpu_model: textOrNull,
  bits: wholeOrNull,
  cores: { type: "array", items: { type: "string" } },
  core_count: wholeOrNull,
  aliases: { type: "array", items: { type: "string" } },
  health_frequency: { type: "integer", minimum: 1 },
  health_denominator: { type: "string", enum: ["hours", "jobs"] },
  disable_health_check: { type: "boolean" },
  display: { type: "boolean" },
  job_limit: { type: "integer", minimum: 0, description: "Devices of the type that work at the same time; 0: all." },
};
const bodyWith = (required: readonly string[]): Schema => ({
  type: "object",
  required: [...required],
  properties,
  additionalProperties: false,
});

const read = ({ services, asker }: ApiRequest, name: string) => services.deviceTypes.get(asker, name);

async function add(request: ApiRequest) {
  const { name, ...changes } = request.body;
  await request.services.deviceTypes.add(request.asker, String(name), changes as DeviceTypeChanges);
  return read(request, String(name));
}

async function change(request: ApiRequest, key: string) {
  const { name: _name, ...changes } = request.body;
  await request.services.deviceTypes.update(request.asker, key, changes as DeviceTypeChanges);
  return read(request, key);
}

export const deviceTypeRoutes: readonly Route[] = [
  listRoute(types, {
    summary: "Device types that the asker may see; hidden ones with `all=true`.",
    query: allQuery,
    filters: Object.keys(typeListing.fields),
    async handle(request) {
      const page = await request.services.deviceTypes.list(request.asker, listAllQuery(request));
      return pageAnswer(request, page, (item) => item);
    },
  }),
  addRoute(types, { summary: "Add a device type.", body: bodyWith(["name"]), handle: add }),
  getRoute(types, { summary: "One device type.", said: "The type.", handle: read }),
  ...changeRoutes(types, {
    summary: "Change what is given.",
    refuses: [403, 404, 409],
    body: bodyWith([]),
    handle: change,
  }),
  removeRoute(types, {
    summary: "Remove a type without devices and jobs.",
    refuses: [403, 404, 409],
    handle: ({ services, asker }, name) => services.deviceTypes.remove(asker, name),
  }),
  ...textRoutes(types, {
    path: "template",
    kind: "devicetype",
    name: "Template",
    field: "template",
    what: "the template",
    type: "text/plain",
    said: "The template.",
    quiet: true,
    read: ({ services, asker }, name) => services.deviceTypes.template(asker, name),
    missing: (name) => `device type ${name} has no template`,
    write: ({ services, asker }, name, given) =>
      services.deviceTypes.setTemplate(asker, name, given.text, given.reason),
  }),
  ...textRoutes(types, {
    path: "health_check",
    kind: "health-check",
    name: "HealthCheck",
    field: "config",
    what: "the health check",
    type: "text/plain",
    said: "The health check.",
    quiet: true,
    read: ({ services, asker }, name) => services.deviceTypes.healthCheck(asker, name),
    missing: (name) => `device type ${name} has no health check`,
    write: ({ services, asker }, name, given) =>
      services.deviceTypes.setHealthCheck(asker, name, given.text, given.reason),
  }),
  ...aliasRoutes,
];
