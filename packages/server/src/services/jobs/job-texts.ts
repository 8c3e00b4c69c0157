import {
  asObject,
  describePipeline,
  isJsonObject,
  type JsonObject,
  readYaml,
  readYamlFast,
  toBasaltError,
  type YamlDocument,
} from "@basalt/core";
import { checkJob } from "@basalt/plugin-loader";
import type { Person } from "../../people/rights.js";
import { checkJobHere, chooseDevices, jobColumns } from "../../submit/index.js";
import { badRequest } from "../../submit/refusals.js";
import type { Context } from "../context.js";
import type { Asker, JobService, Verdict } from "../types.js";
import type { FoundJob } from "./find-job.js";
import { maskSecrets } from "./mask-secrets.js";

/** Where the worker's description of a job is kept, and the texts it was started with (link/lab-backend.ts). */
const descriptionFile = "description.yaml";

/** The plan of a job: as its worker described it, else as it would be planned here. */
export async function planOf(context: Context, asker: Asker, { job }: FoundJob): Promise<readonly JsonObject[]> {
  const description = await context.logs.getText(job.id, descriptionFile);
  if (description !== undefined) {
    const { pipeline } = asObject(readYamlFast(description));
    if (Array.isArray(pipeline)) return pipeline.filter(isJsonObject);
  }
  const document = await readYaml(job.definition, { file: `job ${job.id}`, kind: "job" });
  const { value } = document;
  if (!isJsonObject(value) || job.requested_device_type === null) return [];
  await context.configs.refresh();
  const devices = await devicesFor(context, asker, { job, value });
  const prepared = await checkJobHere(context, document, devices);
  return prepared ? (JSON.parse(JSON.stringify(describePipeline(prepared.pipeline))) as JsonObject[]) : [];
}

/** The device it got; before that, those it could get. */
async function devicesFor(
  { store, rights }: Context,
  asker: Asker,
  { job, value }: Pick<FoundJob, "job"> & { readonly value: JsonObject },
) {
  if (job.actual_device !== null && job.device_type !== null)
    return [
      { name: job.actual_device, device_type: job.device_type, health: "Good" as const, worker: job.worker, tags: [] },
    ];
  const { rows } = (await store.knex.raw(
    `select name, device_type, health, worker, '{}'::text[] as tags from devices
     where device_type = ? and health <> 'Retired' order by name limit 3`,
    [job.requested_device_type],
  )) as { rows: Awaited<ReturnType<typeof chooseDevices>>["devices"][number][] };
  const columns = jobColumns(value);
  const known = await rights.now();
  return rows.filter(
    (row) => known.mayViewDevice(asker, row) && (columns.device === null || columns.device === row.name),
  );
}

/** What was sent to the worker. */
export async function configurationOf(
  { logs }: Context,
  { job }: FoundJob,
  { open }: { readonly open: boolean },
): Promise<Awaited<ReturnType<JobService["configuration"]>>> {
  const names = ["device.yaml", "dispatcher.yaml", "env.yaml", "env-dut.yaml"] as const;
  const [device, dispatcher, env, envDut] = await Promise.all(names.map((name) => logs.getText(job.id, name)));
  if (device === undefined) return undefined;
  return {
    definition: open ? job.definition : maskSecrets(job.definition),
    device,
    dispatcher: dispatcher ?? "",
    env: env ?? "",
    envDut: envDut ?? "",
  };
}

const longestDefinition = 4 * 1024 * 1024;

/** Checks a definition by the schemas, and for those who may submit also against the devices here: that none suits is a warning. */
export async function validateJob(
  context: Context,
  asker: Asker,
  { text, strict }: { readonly text: string; readonly strict: boolean },
): Promise<Verdict> {
  try {
    if (text.length > longestDefinition) throw badRequest("ERR_JOB_TOO_LONG", "a definition may have 4 MiB at most");
    const document = await readYaml(text, { file: "job", kind: "job" });
    const { catalog, configs } = context;
    const { extraContext } = configs;
    const warnings = await checkJob(document, await catalog.loadAllForJobs(), { strict, catalog, extraContext });
    const { value } = document;
    if (!asker || !isJsonObject(value) || jobColumns(value).device_type === undefined) return { ok: true, warnings };
    return await validateHere(context, asker, { document, strict, value, warnings });
  } catch (error) {
    const known = toBasaltError(error);
    if (known.kind !== "job" && known.kind !== "configuration") throw error;
    return { ok: false, error: known };
  }
}

interface Checked {
  readonly document: YamlDocument;
  readonly strict: boolean;
  readonly value: JsonObject;
  readonly warnings: readonly string[];
}

async function validateHere(
  context: Context,
  person: Person,
  { document, strict, value, warnings }: Checked,
): Promise<Verdict> {
  await context.configs.refresh();
  const rights = await context.rights.now();
  let devices: Awaited<ReturnType<typeof chooseDevices>>["devices"];
  try {
    ({ devices } = await chooseDevices(context.store.knex, jobColumns(value), { person, rights }));
  } catch (error) {
    const known = toBasaltError(error);
    if (known.kind !== "job") throw error;
    return { ok: true, warnings: [...warnings, `here it would be refused: ${known.message}`] };
  }
  const prepared = await checkJobHere(context, document, devices, { strict });
  return { ok: true, warnings: prepared?.warnings ?? warnings };
}
