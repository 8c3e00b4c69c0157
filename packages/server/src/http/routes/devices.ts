import { asObject, type JsonObject, readYaml, toBasaltError } from "@basalt/core";
import { readDevice } from "@basalt/plugin-loader";
import { deviceListing } from "../../services/devices/device-listing.js";
import type { DeviceChanges, DeviceView } from "../../services/types.js";
import { type DeviceHealth, deviceHealths } from "../../store/rows.js";
import { notFound } from "../../submit/refusals.js";
import { allQuery, answers, gives, givesText, json, listAllQuery, pageAnswer, text } from "../answers.js";
import { type ApiRequest, defineRoute, type Route, type Schema } from "../route.js";
import { tagIds } from "../tag-ids.js";
import { healthOf, healthRoute, healthSchema } from "./make/health-route.js";
import {
  addRoute,
  changeRoutes,
  getRoute,
  listRoute,
  pathOf,
  type Resource,
  removeRoute,
} from "./make/resource-routes.js";
import { askedRevision, revisionQuery, revisionsRoute, writeTextRoute } from "./make/text-routes.js";

const devices: Resource = { tag: "devices", root: "/api/v0.2/devices/", key: "hostname", name: "Device" };

const view =
  (ids: ReadonlyMap<string, number>) =>
  ({ name, worker, tags, last_health_job, ...device }: DeviceView): object => ({
    hostname: name,
    ...device,
    worker_host: worker,
    last_health_report_job: last_health_job,
    tags: tags.flatMap((item) => ids.get(item) ?? []),
    tag_names: tags,
  });

async function read(request: ApiRequest, name: string): Promise<object> {
  const device = await request.services.devices.get(request.asker, name);
  return view(await tagIds(request, [device]))(device);
}

const textOrNull = { type: ["string", "null"] };
const properties: Record<string, Schema> = {
  hostname: { type: "string" },
  device_type: { type: "string" },
  device_version: textOrNull,
  description: { type: "string" },
  worker_host: textOrNull,
  physical_owner: { ...textOrNull, description: "A user's name." },
  physical_group: { ...textOrNull, description: "A group's name." },
  tags: { type: "array", items: { type: ["string", "integer"] }, description: "Names or ids." },
  health: healthSchema(deviceHealths),
};

async function changesOf({ services, asker, body }: ApiRequest): Promise<DeviceChanges> {
  const { hostname: _name, health: _health, worker_host, tags, ...plain } = body;
  const named = tags === undefined ? undefined : await tagNames({ services, asker }, tags as (string | number)[]);
  return {
    ...(plain as DeviceChanges),
    ...(worker_host === undefined ? {} : { worker: worker_host as string | null }),
    ...(named === undefined ? {} : { tags: named }),
  };
}

async function tagNames(
  { services, asker }: Pick<ApiRequest, "services" | "asker">,
  given: readonly (string | number)[],
) {
  if (given.every((item) => typeof item === "string")) return given as readonly string[];
  const all = await services.tags.list(asker);
  return given.map((item) => all.find(({ id }) => id === item)?.name ?? String(item));
}

async function add(request: ApiRequest): Promise<object> {
  const { services, asker, body } = request;
  const name = String(body.hostname);
  await services.devices.add(asker, name, {
    ...(await changesOf(request)),
    device_type: String(body.device_type),
    ...(body.health === undefined ? {} : { health: healthOf<DeviceHealth>(deviceHealths, body.health) }),
  });
  return read(request, name);
}

async function change(request: ApiRequest, name: string): Promise<object> {
  const { services, asker, body } = request;
  const changes = await changesOf(request);
  const health = body.health === undefined ? undefined : healthOf(deviceHealths, body.health);
  if (Object.keys(changes).length > 0) await services.devices.update(asker, name, changes);
  if (health !== undefined) await services.devices.setHealth(asker, name, health);
  return read(request, name);
}

async function contextOf(query: URLSearchParams): Promise<JsonObject> {
  const written = query.get("context");
  if (written === null || written === "") return {};
  return asObject((await readYaml(written, { file: "context", kind: "job" })).value);
}

const validateRoute = defineRoute({
  method: "post",
  path: `${devices.root}validate/`,
  id: "validateDevice",
  tag: devices.tag,
  summary: "Check a device's rendered YAML. Anybody may ask.",
  bodyType: "text/plain",
  answers: answers({ 200: gives("Message", "`Device valid.`, or what is wrong.") }),
  async handle(request) {
    try {
      await readDevice({ name: "device", text: request.text });
      return json({ message: "Device valid." });
    } catch (error) {
      const known = toBasaltError(error);
      if (known.kind !== "configuration" && known.kind !== "job") throw error;
      return json({ message: `Device invalid: ${known.message}`, code: known.code });
    }
  },
});

const dictionaryRoute = defineRoute({
  method: "get",
  path: `${pathOf(devices)}dictionary/`,
  id: "getDictionary",
  tag: devices.tag,
  summary: "Its dictionary; with `render=1` the YAML that a job with this context would get.",
  query: { ...revisionQuery, render: { type: "string" }, context: { type: "string", description: "YAML" } },
  answers: answers({ 200: givesText(["text/plain", "application/yaml"], "Jinja, or YAML where it is rendered.") }, 404),
  async handle(request) {
    const { services, asker, params, query } = request;
    const name = params.hostname ?? "";
    const old = await askedRevision(request, { kind: "device", name });
    if (old !== undefined) return text(old, "text/plain");
    if (/^(?:1|true|yes)$/i.test(query.get("render") ?? ""))
      return text(await services.devices.rendered(asker, name, await contextOf(query)), "application/yaml");
    const dictionary = await services.devices.dictionary(asker, name);
    if (dictionary === undefined) throw notFound("ERR_NOT_FOUND", `device ${name} has no dictionary`);
    return text(dictionary, "text/plain");
  },
});

export const deviceRoutes: readonly Route[] = [
  listRoute(devices, {
    summary: "Devices that the asker may see; retired ones with `all=true`.",
    query: allQuery,
    filters: Object.keys(deviceListing.fields),
    async handle(request) {
      const page = await request.services.devices.list(request.asker, listAllQuery(request));
      return pageAnswer(request, page, view(await tagIds(request, page.items)));
    },
  }),
  addRoute(devices, {
    summary: "Add a device; its health is Unknown unless given.",
    body: { type: "object", required: ["hostname", "device_type"], properties },
    handle: add,
  }),
  validateRoute,
  getRoute(devices, { summary: "One device.", said: "The device.", handle: read }),
  ...changeRoutes(devices, {
    summary: "Change what is given; a change of health is logged.",
    body: { type: "object", required: [], properties },
    handle: change,
  }),
  removeRoute(devices, {
    summary: "Remove a device that has no job.",
    refuses: [403, 404, 409],
    handle: ({ services, asker }, name) => services.devices.remove(asker, name),
  }),
  dictionaryRoute,
  revisionsRoute(devices, { path: "dictionary", name: "Dictionary", what: "its dictionary", kind: "device" }),
  writeTextRoute(devices, {
    path: "dictionary",
    name: "Dictionary",
    field: "dictionary",
    what: "its dictionary",
    write: ({ services, asker }, name, given) => services.devices.setDictionary(asker, name, given.text, given.reason),
  }),
  healthRoute(devices, {
    summary: "Set its health, with a reason for the log.",
    words: deviceHealths,
    set: ({ services, asker }, name, { health, reason }) => services.devices.setHealth(asker, name, health, reason),
  }),
];
