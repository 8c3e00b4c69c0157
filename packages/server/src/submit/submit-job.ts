import { randomUUID } from "node:crypto";
import { asObject, isJsonObject, type JsonObject, jobError, readYaml, type YamlDocument } from "@basalt/core";
import { checkJob } from "@basalt/plugin-loader";
import { stringify } from "yaml";
import { readRights } from "../people/read-rights.js";
import type { Person, Rights } from "../people/rights.js";
import type { Store } from "../store/store.js";
import { type CheckJobHere, checkJobHere } from "./check-job-here.js";
import type { CheckedJob, CheckedJobs } from "./checked-jobs.js";
import { chooseDevices } from "./choose-devices.js";
import { insertJob } from "./insert-job.js";
import { type JobColumns, jobColumns } from "./job-columns.js";
import { type GroupMember, isSplitJob, multinodeOf, splitMultinode } from "./split-multinode.js";

export interface SubmitOptions extends CheckJobHere {
  readonly store: Store;
  /** Who may do what, where somebody keeps it; read from the database otherwise. */
  readonly rights?: () => Promise<Rights>;
  /** What was checked before; a check for each submission otherwise. */
  readonly checked?: CheckedJobs;
}

export interface Submission {
  readonly person: Person;
  readonly text: string;
  readonly resubmitOf?: number;
}

/** The job of a submission, or the jobs of its group: numbers, and the ids people use (`12`, or `12.0`, `12.1`). */
export interface Submitted {
  readonly jobs: readonly number[];
  readonly ids: readonly string[];
  /** What its author should know, ready to print. */
  readonly warnings: readonly string[];
}

/**
 * Puts a job into the queue, or all of a MultiNode group. Nothing is written unless all of it is right.
 * @throws what is wrong with the job (job), or that its devices are not there for this person (400)
 */
export async function submitJob(options: SubmitOptions, { person, text, resubmitOf }: Submission): Promise<Submitted> {
  const known = options.checked?.get(text);
  const again = known && (await placeAgain(options, person, known));
  if (again) return enqueue(options, { person, text, resubmitOf }, again);
  const document = await read(text);
  const { value } = document;
  if (!isJsonObject(value))
    throw jobError("ERR_JOB_INVALID", "a job must be a mapping with job_name, timeouts, visibility and actions");
  if (isSplitJob(value))
    throw jobError(
      "ERR_JOB_MULTINODE",
      "protocols.lava-multinode.target_group: the server gives it to the members of a group; submit the definition of the whole group",
    );
  if (multinodeOf(value))
    return submitGroup(options, { person, text, ...(resubmitOf === undefined ? {} : { resubmitOf }) }, document);
  return enqueue(options, { person, text, resubmitOf }, await place(options, { person, document }));
}

type Placed = Awaited<ReturnType<typeof place>>;

async function enqueue(
  { store }: SubmitOptions,
  { person, text, resubmitOf }: Omit<Submission, "resubmitOf"> & { readonly resubmitOf: number | undefined },
  { warnings, ...placed }: Placed,
): Promise<Submitted> {
  const job = {
    submitter: person,
    ...placed,
    definition: text,
    original: text,
    ...(resubmitOf === undefined ? {} : { resubmitOf }),
  };
  const id = await (placed.columns.visibility === "public"
    ? insertJob(store.knex, job)
    : store.transaction((trx) => insertJob(trx, job)));
  return { jobs: [id], ids: [String(id)], warnings };
}

/** Where a job belongs that was found right before; undefined where what it was checked against has changed. */
async function placeAgain(options: SubmitOptions, person: Person, known: CheckedJob): Promise<Placed | undefined> {
  const { columns, compatibility, warnings, device, generation } = known;
  const { type, devices } = await choose(options, person, columns);
  const isSame = options.configs.generation === generation && devices.some(({ name }) => name === device);
  return isSame ? { columns, type, compatibility, warnings } : undefined;
}

/** Devices for a job, and their texts up to date. */
async function choose({ store, rights: readThem, configs }: SubmitOptions, person: Person, columns: JobColumns) {
  const rights = await (readThem?.() ?? readRights(store.knex));
  const chosen = await chooseDevices(store.knex, columns, { person, rights });
  await configs.refresh(chosen.documents);
  return chosen;
}

interface Placing {
  readonly person: Person;
  readonly document: YamlDocument;
}

/** Checks a job of one device, and says where it belongs. `wishes`: what a MultiNode role asks for beside its definition. */
async function place(options: SubmitOptions, { person, document }: Placing, wishes: JsonObject = {}) {
  let columns: JobColumns;
  try {
    columns = jobColumns({ ...asObject(document.value), ...wishes });
  } catch (error) {
    // the schema says it better, with line and column
    await checkAlone(options, document);
    throw error;
  }
  if (columns.device_type === undefined) {
    await checkAlone(options, document);
    throw jobError("ERR_JOB_MISSING", "device_type is missing: say which type of device the job is for");
  }
  const { type, devices } = await choose(options, person, columns);
  const { generation } = options.configs;
  const prepared = await checkJobHere(options, document, devices);
  if (!prepared) return { columns, type, compatibility: null, warnings: await checkAlone(options, document) };
  const { suits, warnings, pipeline } = prepared;
  const { compatibility } = pipeline;
  options.checked?.set(document.text, { columns, generation, device: suits, compatibility, warnings });
  return { columns, type, compatibility, warnings };
}

const read = (text: string): Promise<YamlDocument> => readYaml(text, { file: "job", kind: "job" });

async function checkAlone({ catalog, configs }: SubmitOptions, document: YamlDocument): Promise<readonly string[]> {
  return checkJob(document, await catalog.loadAllForJobs(), {
    strict: false,
    catalog,
    extraContext: configs.extraContext,
  });
}

async function submitGroup(
  // a member's definition is nobody's to hand in: it must not be taken for one that was checked
  { checked: _checked, ...options }: SubmitOptions,
  { person, text, resubmitOf }: Submission,
  document: YamlDocument,
): Promise<Submitted> {
  const warnings = await checkAlone(options, document);
  const group = randomUUID();
  const members = splitMultinode(asObject(document.value), group);
  const placed: Awaited<ReturnType<typeof placeMember>>[] = [];
  for (const member of members) {
    // members of a role differ in their number only: what holds for one holds for all
    const like = placed.find((one) => one.member.role === member.role);
    placed.push(like ? { ...like, member, definition: yamlOf(member) } : await placeMember(options, person, member));
  }
  const jobs = await options.store.transaction(async (trx) => {
    const ids: number[] = [];
    for (const [index, { member, warnings: _, ...where }] of placed.entries()) {
      const id = await insertJob(trx, {
        submitter: person,
        ...where,
        original: text,
        member: {
          group,
          role: member.role,
          essential: member.essential,
          hostRole: member.hostRole,
          multinodeDefinition: text,
        },
        ...(resubmitOf === undefined ? {} : { resubmitOf }),
      });
      ids.push(id);
      await trx("jobs")
        .where({ id })
        .update({ sub_id: `${ids[0]}.${index}` });
    }
    return ids;
  });
  return { jobs, ids: jobs.map((_id, index) => `${jobs[0]}.${index}`), warnings };
}

const yamlOf = ({ definition }: GroupMember): string =>
  stringify(definition, { version: "1.1", aliasDuplicateObjects: false });

async function placeMember(options: SubmitOptions, person: Person, member: GroupMember) {
  const definition = yamlOf(member);
  if (member.definition.device_type === undefined && member.hostRole !== null)
    return {
      member,
      definition,
      columns: jobColumns(member.definition),
      type: null,
      compatibility: null,
      warnings: [],
    };
  const placing = { person, document: await read(definition) };
  return { member, definition, ...(await place(options, placing, member.wishes)) };
}
