import { asObject, isJsonObject, type Json, type JsonObject, readYamlFast } from "@basalt/core";
import { type PluginCatalog, prepareJob } from "@basalt/plugin-loader";
import { stringify } from "yaml";
import type { DeviceConfigs } from "../devices/index.js";
import type { DocumentKind, DocumentRow, JobRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { isSplitJob } from "../submit/split-multinode.js";
import type { StartOrder } from "./link-backend.js";

export interface StartOrderOptions {
  readonly store: Store;
  readonly configs: DeviceConfigs;
  readonly catalog: PluginCatalog;
  /** This server's version. */
  readonly version: string;
}

type StartableJob = Pick<
  JobRow,
  "id" | "definition" | "actual_device" | "worker" | "compatibility" | "submitter" | "target_group" | "host_role"
>;

type WorkerText = Extract<DocumentKind, "dispatcher" | "env" | "env-dut">;

/** A worker's settings: what holds for it, else what holds for all, else "". */
async function workerTexts(store: Store, worker: string): Promise<(kind: WorkerText) => string> {
  const kinds: readonly WorkerText[] = ["dispatcher", "env", "env-dut"];
  const rows = await store
    .knex<DocumentRow>("documents")
    .whereIn("kind", [...kinds])
    .whereIn("name", [worker, ""])
    .where({ current: true })
    .whereNotNull("text")
    .select("kind", "name", "text");
  return (kind) => {
    const own = rows.filter((row) => row.kind === kind);
    return (own.find(({ name }) => name === worker) ?? own[0])?.text ?? "";
  };
}

/**
 * Puts together what a worker needs for a job: its definition with the group's members and the submitter's artifact tokens filled in, and its
 * device rendered for it.
 * @throws what is wrong with the device's texts or the job (configuration, job)
 */
export async function makeStartOrder(options: StartOrderOptions, job: StartableJob): Promise<StartOrder> {
  const { store, configs, catalog, version } = options;
  const worker = job.worker ?? "";
  // side by side, on connections of their own: the device waits for this
  const [definition, found, textOf] = await Promise.all([
    fillIn(store, job),
    job.actual_device === null ? undefined : deviceOf(store, job.actual_device),
    workerTexts(store, worker),
    configs.refresh(),
  ]);
  const context = asObject(asObject(readYamlFast(definition)).context);
  const device = found === undefined ? "" : configs.render(found, context);
  return {
    job: job.id,
    compatibility: job.compatibility ?? (await compatibilityOf(catalog, { definition, device })),
    version,
    definition,
    device,
    dispatcher: textOf("dispatcher"),
    env: textOf("env"),
    envDut: textOf("env-dut"),
  };
}

async function deviceOf(store: Store, name: string): Promise<{ name: string; device_type: string }> {
  const row = await store.knex("devices").where({ name }).first("name", "device_type");
  return row ?? { name, device_type: "" };
}

/** Health checks come unplanned: their number is worked out when they start. */
async function compatibilityOf(catalog: PluginCatalog, texts: { definition: string; device: string }): Promise<number> {
  const { pipeline } = await prepareJob({
    job: { name: "job", text: texts.definition },
    device: { name: "device", text: texts.device },
    strict: false,
    catalog,
  });
  return pipeline.compatibility;
}

async function fillIn(store: Store, job: StartableJob): Promise<string> {
  const tokens = new Map(
    (
      (await store.knex("remote_artifact_tokens").where({ user_id: job.submitter }).select("name", "token")) as {
        name: string;
        token: string;
      }[]
    ).map(({ name, token }) => [name, token]),
  );
  const named = [...tokens.keys()].some((name) => job.definition.includes(name));
  if (!named && job.target_group === null) return job.definition;
  const definition = asObject(readYamlFast(job.definition));
  const members = job.target_group === null ? [] : await membersOf(store, job.target_group);
  const filled = withRoles(withTokens(definition, tokens), members);
  return stringify(filled, { version: "1.1", aliasDuplicateObjects: false });
}

interface Member {
  readonly id: number;
  readonly role: string | null;
}

const membersOf = (store: Store, group: string): Promise<Member[]> =>
  store.knex<JobRow>("jobs").where({ target_group: group }).orderBy("id").select("id", "role");

/** Each member knows the whole group: job id to role (spec 5.5). */
function withRoles(definition: JsonObject, members: readonly Member[]): JsonObject {
  const protocols = asObject(definition.protocols);
  if (members.length === 0 || !isSplitJob(definition)) return definition;
  const roles = Object.fromEntries(members.map(({ id, role }) => [String(id), role ?? ""]));
  return {
    ...definition,
    protocols: { ...protocols, "lava-multinode": { ...asObject(protocols["lava-multinode"]), roles } },
  };
}

/** Names of tokens become the tokens (spec 2.5): in `headers` beside a `url`, and among the job's `secrets`. */
function withTokens(definition: JsonObject, tokens: ReadonlyMap<string, string>): JsonObject {
  if (tokens.size === 0) return definition;
  const swap = (value: Json): Json => (typeof value === "string" ? (tokens.get(value) ?? value) : value);
  const swapAll = (value: Json | undefined): Json =>
    Object.fromEntries(Object.entries(asObject(value)).map(([key, item]) => [key, swap(item as Json)]));
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isJsonObject(value)) return value;
    const fetches = "url" in value || (value.from === "url" && "repository" in value);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        key === "headers" && fetches ? swapAll(item as Json) : walk(item as Json),
      ]),
    );
  };
  return {
    ...definition,
    ...(definition.actions === undefined ? {} : { actions: walk(definition.actions) }),
    ...(definition.secrets === undefined ? {} : { secrets: swapAll(definition.secrets) }),
  };
}
