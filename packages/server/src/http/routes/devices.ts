import { asObject, type JsonObject, readYaml, toBasaltError } from "@basalt/core";
import { readDevice } from "@basalt/plugin-loader";
import { deviceListing } from "../../services/devices/device-listing.js";
import type { DeviceChanges, DeviceView } from "../../services/types.js";
import { type DeviceHealth, deviceHealths } from "../../store/rows.js";
import { badRequest, notFound } from "../../submit/refusals.js";
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
import { tagIds } from "../tag-ids.js";

const tag = "devices";
const root = "/api/v0.2/devices/";
const one = `${root}{hostname}/`;

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

async function answer(request: ApiRequest, name: string, status = 200) {
  const device = await request.services.devices.get(request.asker, name);
  return json(view(await tagIds(request, [device]))(device), status);
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
  health: { type: "string", description: `One of ${deviceHealths.join(", ")}, in any case.` },
};

/** A health word in any case, as LAVA takes it. */
export function wordOf<Word extends string>(words: readonly Word[], value: unknown, field: string): Word {
  const word = words.find((known) => known.toLowerCase() === String(value).toLowerCase());
  if (word !== undefined) return word;
  throw badRequest("ERR_HEALTH", `'${String(value)}' is none: expected one of ${words.join(", ")}`, {
    details: { field },
  });
}

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

async function update(request: ApiRequest) {
  const name = request.params.hostname ?? "";
  const changes = await changesOf(request);
  if (Object.keys(changes).length > 0) await request.services.devices.update(request.asker, name, changes);
  if (request.body.health !== undefined)
    await request.services.devices.setHealth(request.asker, name, wordOf(deviceHealths, request.body.health, "health"));
  return answer(request, name);
}

async function contextOf(query: URLSearchParams): Promise<JsonObject> {
  const written = query.get("context");
  if (written === null || written === "") return {};
  return asObject((await readYaml(written, { file: "context", kind: "job" })).value);
}

const deviceBody = (required: readonly string[]): Schema => ({
  type: "object",
  required: [...required],
  properties,
});

export const deviceRoutes: readonly Route[] = [
  defineRoute({
    method: "get",
    path: root,
    id: "listDevices",
    tag,
    summary: "Devices that the asker may see; retired ones with `all=true`.",
    query: { ...orderedQuery, all: { type: "boolean", default: false } },
    filters: Object.keys(deviceListing.fields),
    answers: answers({ 200: givesPage("Device") }),
    async handle(request) {
      const { services, asker, query } = request;
      const all = query.get("all") === "true" || query.get("all") === "1";
      const page = await services.devices.list(asker, { ...listQuery(request, ["all"]), all });
      return pageAnswer(request, page, view(await tagIds(request, page.items)));
    },
  }),
  defineRoute({
    method: "post",
    path: root,
    id: "addDevice",
    tag,
    summary: "Add a device; its health is Maintenance unless given.",
    body: deviceBody(["hostname", "device_type"]),
    answers: answers({ 201: gives("Device", "It was added.") }, 403, 409),
    async handle(request) {
      const { services, asker, body } = request;
      const name = String(body.hostname);
      await services.devices.add(asker, name, {
        ...(await changesOf(request)),
        device_type: String(body.device_type),
        ...(body.health === undefined ? {} : { health: wordOf<DeviceHealth>(deviceHealths, body.health, "health") }),
      });
      return answer(request, name, 201);
    },
  }),
  defineRoute({
    method: "post",
    path: `${root}validate/`,
    id: "validateDevice",
    tag,
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
  }),
  defineRoute({
    method: "get",
    path: one,
    id: "getDevice",
    tag,
    summary: "One device.",
    answers: answers({ 200: gives("Device", "The device.") }, 404),
    handle: (request) => answer(request, request.params.hostname ?? ""),
  }),
  ...(["put", "patch"] as const).map((method) =>
    defineRoute({
      method,
      path: one,
      id: method === "put" ? "replaceDevice" : "changeDevice",
      tag,
      summary: "Change what is given; a change of health is logged.",
      body: deviceBody([]),
      answers: answers({ 200: gives("Device", "As it is now.") }, 403, 404),
      handle: update,
    }),
  ),
  defineRoute({
    method: "delete",
    path: one,
    id: "removeDevice",
    tag,
    summary: "Remove a device that has no job.",
    answers: answers({ 204: { description: "It is gone." } }, 403, 404, 409),
    async handle({ services, asker, params }) {
      await services.devices.remove(asker, params.hostname ?? "");
      return nothing;
    },
  }),
  defineRoute({
    method: "get",
    path: `${one}dictionary/`,
    id: "getDictionary",
    tag,
    summary: "Its dictionary; with `render=1` the YAML that a job with this context would get.",
    query: { render: { type: "string" }, context: { type: "string", description: "YAML" } },
    answers: answers(
      { 200: givesText(["text/plain", "application/yaml"], "Jinja, or YAML where it is rendered.") },
      404,
    ),
    async handle({ services, asker, params, query }) {
      const name = params.hostname ?? "";
      if (/^(?:1|true|yes)$/i.test(query.get("render") ?? ""))
        return text(await services.devices.rendered(asker, name, await contextOf(query)), "application/yaml");
      const dictionary = await services.devices.dictionary(asker, name);
      if (dictionary === undefined) throw notFound("ERR_NOT_FOUND", `device ${name} has no dictionary`);
      return text(dictionary, "text/plain");
    },
  }),
  defineRoute({
    method: "post",
    path: `${one}dictionary/`,
    id: "setDictionary",
    tag,
    summary: "Write its dictionary: a new revision. An empty text removes it.",
    body: {
      type: "object",
      required: ["dictionary"],
      properties: { dictionary: { type: "string" }, reason: { type: "string" } },
    },
    answers: answers({ 200: gives("Message", "It is written.") }, 403, 404),
    async handle({ services, asker, params, body }) {
      const reason = body.reason as string | undefined;
      await services.devices.setDictionary(asker, params.hostname ?? "", String(body.dictionary), reason);
      return json({ message: "OK" });
    },
  }),
  defineRoute({
    method: "post",
    path: `${one}set_health/`,
    id: "setDeviceHealth",
    tag,
    summary: "Set its health, with a reason for the log.",
    body: {
      type: "object",
      required: ["health"],
      properties: { health: properties.health as Schema, reason: { type: "string" } },
    },
    answers: answers({ 202: gives("Message", "It is set.") }, 403, 404),
    async handle({ services, asker, params, body }) {
      const health = wordOf(deviceHealths, body.health, "health");
      await services.devices.setHealth(asker, params.hostname ?? "", health, body.reason as string | undefined);
      return json({ message: "OK" }, 202);
    },
  }),
];
