import { typeListing } from "../../services/devices/type-listing.js";
import type { DeviceTypeChanges } from "../../services/types.js";
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
  pageQuery,
  sliceAnswer,
  text,
} from "../answers.js";
import { type ApiRequest, defineRoute, type Route, type Schema } from "../route.js";

const tag = "device types";
const root = "/api/v0.2/devicetypes/";
const one = `${root}{name}/`;
const aliases = "/api/v0.2/aliases/";

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
const body = (required: readonly string[]): Schema => ({
  type: "object",
  required: [...required],
  properties,
  additionalProperties: false,
});

const answer = async ({ services, asker }: ApiRequest, name: string, status = 200) =>
  json(await services.deviceTypes.get(asker, name), status);

async function update(request: ApiRequest) {
  const { name: _name, ...changes } = request.body;
  const name = request.params.name ?? "";
  await request.services.deviceTypes.update(request.asker, name, changes as DeviceTypeChanges);
  return answer(request, name);
}

/** The template and the health check: one text each, read and written alike. */
const textRoutes = (path: "template" | "health_check", key: "template" | "config"): readonly Route[] => {
  const word = path === "template" ? "template" : "health check";
  const name = path === "template" ? "Template" : "HealthCheck";
  return [
    defineRoute({
      method: "get",
      path: `${one}${path}/`,
      id: `get${name}`,
      tag,
      summary: `The ${word}.`,
      answers: answers({ 200: givesText("text/plain", `The ${word}.`) }, 404),
      async handle({ services, asker, params }) {
        const type = params.name ?? "";
        const found = await (path === "template"
          ? services.deviceTypes.template(asker, type)
          : services.deviceTypes.healthCheck(asker, type));
        if (found === undefined) throw notFound("ERR_NOT_FOUND", `device type ${type} has no ${word}`);
        return text(found, "text/plain");
      },
    }),
    defineRoute({
      method: "post",
      path: `${one}${path}/`,
      id: `set${name}`,
      tag,
      summary: `Write the ${word}: a new revision. An empty text removes it.`,
      body: { type: "object", required: [key], properties: { [key]: { type: "string" }, reason: { type: "string" } } },
      answers: answers({ 204: { description: "It is written." } }, 403, 404),
      async handle({ services, asker, params, body: given }) {
        const reason = given.reason as string | undefined;
        const type = params.name ?? "";
        if (path === "template") await services.deviceTypes.setTemplate(asker, type, String(given[key]), reason);
        else await services.deviceTypes.setHealthCheck(asker, type, String(given[key]), reason);
        return nothing;
      },
    }),
  ];
};

const aliasRoutes: readonly Route[] = [
  defineRoute({
    method: "get",
    path: aliases,
    id: "listAliases",
    tag,
    summary: "Other names of device types.",
    query: pageQuery,
    answers: answers({ 200: givesPage("Alias") }),
    handle: async (request) =>
      sliceAnswer(request, await request.services.deviceTypes.aliases(request.asker), (item) => item),
  }),
  defineRoute({
    method: "post",
    path: aliases,
    id: "addAlias",
    tag,
    summary: "Give a device type another name.",
    body: {
      type: "object",
      required: ["name", "device_type"],
      properties: { name: { type: "string" }, device_type: { type: "string" } },
    },
    answers: answers({ 201: gives("Alias", "It was added.") }, 403, 404, 409),
    async handle({ services, asker, body: { name, device_type } }) {
      const type = await services.deviceTypes.get(asker, String(device_type));
      await services.deviceTypes.update(asker, type.name, { aliases: [...type.aliases, String(name)] });
      return json({ name, device_type }, 201);
    },
  }),
  defineRoute({
    method: "get",
    path: `${aliases}{name}/`,
    id: "getAlias",
    tag,
    summary: "One of them.",
    answers: answers({ 200: gives("Alias", "The alias.") }, 404),
    handle: async (request) => json(await findAlias(request)),
  }),
  defineRoute({
    method: "delete",
    path: `${aliases}{name}/`,
    id: "removeAlias",
    tag,
    summary: "Take it away.",
    answers: answers({ 204: { description: "It is gone." } }, 403, 404),
    async handle(request) {
      const { name, device_type } = await findAlias(request);
      const type = await request.services.deviceTypes.get(request.asker, device_type);
      await request.services.deviceTypes.update(request.asker, device_type, {
        aliases: type.aliases.filter((alias) => alias !== name),
      });
      return nothing;
    },
  }),
];

async function findAlias({ services, asker, params }: ApiRequest) {
  const found = (await services.deviceTypes.aliases(asker)).find(({ name }) => name === params.name);
  if (!found) throw notFound("ERR_NOT_FOUND", `there is no alias '${params.name}' here`);
  return found;
}

export const deviceTypeRoutes: readonly Route[] = [
  defineRoute({
    method: "get",
    path: root,
    id: "listDeviceTypes",
    tag,
    summary: "Device types that the asker may see; hidden ones with `all=true`.",
    query: { ...orderedQuery, all: { type: "boolean", default: false } },
    filters: Object.keys(typeListing.fields),
    answers: answers({ 200: givesPage("DeviceType") }),
    async handle(request) {
      const { services, asker, query } = request;
      const all = query.get("all") === "true" || query.get("all") === "1";
      const page = await services.deviceTypes.list(asker, { ...listQuery(request, ["all"]), all });
      return pageAnswer(request, page, (item) => item);
    },
  }),
  defineRoute({
    method: "post",
    path: root,
    id: "addDeviceType",
    tag,
    summary: "Add a device type.",
    body: body(["name"]),
    answers: answers({ 201: gives("DeviceType", "It was added.") }, 403, 409),
    async handle(request) {
      const { name, ...changes } = request.body;
      await request.services.deviceTypes.add(request.asker, String(name), changes as DeviceTypeChanges);
      return answer(request, String(name), 201);
    },
  }),
  defineRoute({
    method: "get",
    path: one,
    id: "getDeviceType",
    tag,
    summary: "One device type.",
    answers: answers({ 200: gives("DeviceType", "The type.") }, 404),
    handle: (request) => answer(request, request.params.name ?? ""),
  }),
  ...(["put", "patch"] as const).map((method) =>
    defineRoute({
      method,
      path: one,
      id: method === "put" ? "replaceDeviceType" : "changeDeviceType",
      tag,
      summary: "Change what is given.",
      body: body([]),
      answers: answers({ 200: gives("DeviceType", "As it is now.") }, 403, 404, 409),
      handle: update,
    }),
  ),
  defineRoute({
    method: "delete",
    path: one,
    id: "removeDeviceType",
    tag,
    summary: "Remove a type without devices and jobs.",
    answers: answers({ 204: { description: "It is gone." } }, 403, 404, 409),
    async handle({ services, asker, params }) {
      await services.deviceTypes.remove(asker, params.name ?? "");
      return nothing;
    },
  }),
  ...textRoutes("template", "template"),
  ...textRoutes("health_check", "config"),
  ...aliasRoutes,
];
