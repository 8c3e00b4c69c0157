import {
  asObject,
  configurationError,
  isJsonObject,
  type Json,
  type JsonObject,
  jobError,
  readYamlFast,
} from "@basalt/core";
import { type PluginCatalog, type PrepareJobOptions, prepareJob } from "@basalt/plugin-loader";
import { stringify } from "yaml";
import type { DeviceConfigs } from "../devices/index.js";
import type { DocumentKind, DocumentRow, JobRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { deviceForJob } from "../submit/check-job-here.js";
import { isSplitJob } from "../submit/split-multinode.js";
import type { StartOrder } from "./link-backend.js";
import { minimalDevice } from "./minimal-device.js";

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
 * device rendered for it. The job's compatibility is then what it is started with.
 * @throws what is wrong with the device's texts or the job (configuration, job)
 */
export async function makeStartOrder(options: StartOrderOptions, job: StartableJob): Promise<StartOrder> {
  const { store, configs, catalog, version } = options;
  const worker = job.worker ?? "";
  // side by side, on connections of their own: the device waits for this
  const [definition, found, textOf] = await Promise.all([
    fillIn(store, job),
    deviceOf(store, job),
    workerTexts(store, worker),
    configs.refresh(),
  ]);
  const context = asObject(asObject(readYamlFast(definition)).context);
  const read = await deviceForJob(configs, found, context);
  const rendered = configs.render(found, context);
  const isGuest = job.actual_device === null;
  const device = isGuest ? minimalDevice(rendered) : rendered;
  const forPlan = isGuest ? { name: "device", text: device } : async () => read;
  const compatibility = await compatibilityOf({ catalog, configs }, job, { definition, device: forPlan });
  // a health check was put into the queue without one, and at submission it may have been another version or device
  if (compatibility !== job.compatibility)
    await store.knex<JobRow>("jobs").where({ id: job.id }).update({ compatibility });
  return {
    job: job.id,
    compatibility,
    version,
    definition,
    device,
    dispatcher: textOf("dispatcher"),
    env: textOf("env"),
    envDut: textOf("env-dut"),
  };
}

/** The job's device; that of its host where it runs over the host's connection. */
async function deviceOf(store: Store, job: StartableJob): Promise<{ name: string; device_type: string }> {
  let name = job.actual_device;
  if (name === null && job.host_role !== null && job.target_group !== null) {
    const host = await store
      .knex<JobRow>("jobs")
      .where({ target_group: job.target_group, role: job.host_role })
      .orderBy("id")
      .first("actual_device");
    name = host?.actual_device ?? null;
    if (name === null)
      throw jobError("ERR_JOB_MULTINODE", `host_role: role '${job.host_role}', whose device the job needs, has none`);
  }
  const row = name === null ? undefined : await store.knex("devices").where({ name }).first("name", "device_type");
  if (!row) throw configurationError("ERR_DEVICE_GONE", "the job's device was removed before the job could start");
  return row;
}

/**
 * The job's number as this server's strategies give it, for this device: at submission it may have been another server's version, and another
 * device. A job that can't be planned any more keeps the number it had: its worker says better, and with a log, what is wrong.
 */
async function compatibilityOf(
  { catalog, configs }: Pick<StartOrderOptions, "catalog" | "configs">,
  job: Pick<StartableJob, "compatibility">,
  { definition, device }: { readonly definition: string; readonly device: PrepareJobOptions["device"] },
): Promise<number> {
  try {
    const { pipeline } = await prepareJob({
      job: { name: "job", text: definition },
      device,
      strict: false,
      catalog,
      extraContext: configs.extraContext,
    });
    return pipeline.compatibility;
  } catch (error) {
    if (job.compatibility === null) throw error;
    return job.compatibility;
  }
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

/** Names of tokens become the tokens (spec 2.5): in `headers` beside a `url` of what is deployed or tested, and among the job's `secrets`. */
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
  const block = (item: Json): Json => (isJsonObject(item) && ("deploy" in item || "test" in item) ? walk(item) : item);
  return {
    ...definition,
    ...(Array.isArray(definition.actions) ? { actions: definition.actions.map(block) } : {}),
    ...(definition.secrets === undefined ? {} : { secrets: swapAll(definition.secrets) }),
  };
}
