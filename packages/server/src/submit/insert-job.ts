import type { Knex } from "knex";
import { channels } from "../jobs/channels.js";
import type { JobColumns, Visibility } from "./job-columns.js";
import { badRequest } from "./refusals.js";

export interface NewJob {
  readonly submitter: { readonly id: number; readonly username: string };
  readonly columns: JobColumns;
  /** The type's own name; null for a job over another job's connection. */
  readonly type: string | null;
  /** What will run, and the text as it was handed in. */
  readonly definition: string;
  readonly original: string;
  readonly compatibility: number | null;
  readonly healthCheck?: boolean;
  readonly resubmitOf?: number;
  readonly member?: {
    readonly group: string;
    readonly role: string;
    readonly essential: boolean;
    readonly hostRole: string | null;
    readonly multinodeDefinition: string;
  };
}

/** The ids of the groups that may see a job; the group of a person is made when it is first needed. @throws ERR_GROUP_UNKNOWN (400) */
export async function viewingGroups(
  trx: Knex.Transaction,
  visibility: Visibility,
  username: string,
): Promise<readonly number[]> {
  if (visibility === "public") return [];
  const names = visibility === "personal" ? [username] : visibility.groups;
  if (visibility === "personal") {
    // who made it is in it; nobody gets into a group of others because it is called like them
    await trx.raw(
      `with made as (insert into groups (name) values (:username) on conflict (name) do nothing returning id)
       insert into user_groups (user_id, group_id) select u.id, made.id from made, users u where u.username = :username`,
      { username },
    );
  }
  const rows = (await trx("groups")
    .whereIn("name", [...names])
    .select("id")) as { id: number }[];
  if (rows.length === 0)
    throw badRequest("ERR_GROUP_UNKNOWN", `visibility: there is no group ${names.join(", ")} here`);
  return rows.map(({ id }) => id);
}

/**
 * Puts a job into the queue and tells everyone, in one statement: what a submission costs the database is mostly round trips. Outside a
 * transaction only for jobs that are public.
 * @returns its id
 */
export async function insertJob(db: Knex | Knex.Transaction, job: NewJob): Promise<number> {
  const { columns, member } = job;
  const groups =
    columns.visibility === "public"
      ? []
      : await viewingGroups(db as Knex.Transaction, columns.visibility, job.submitter.username);
  const row: Readonly<Record<string, unknown>> = {
    submitter: job.submitter.id,
    is_public: columns.visibility === "public",
    description: columns.description,
    health_check: job.healthCheck ?? false,
    requested_device_type: job.type,
    requested_device: columns.device,
    requested_worker: columns.worker,
    tags: [...columns.tags],
    priority: columns.priority,
    metadata: JSON.stringify(columns.metadata),
    queue_timeout: columns.queue_timeout,
    definition: job.definition,
    original_definition: job.original,
    compatibility: job.compatibility,
    ...(job.resubmitOf === undefined ? {} : { resubmit_of: job.resubmitOf }),
    ...(member
      ? {
          target_group: member.group,
          role: member.role,
          essential: member.essential,
          host_role: member.hostRole,
          multinode_definition: member.multinodeDefinition,
        }
      : {}),
  };
  const names = Object.keys(row);
  const { rows } = (await db.raw(
    `with made as (insert into jobs (${names.join(", ")}) values (${names.map(() => "?").join(", ")}) returning id),
       seen as (insert into job_viewing_groups (job_id, group_id) select made.id, g from made, unnest(?::int[]) as g)
     select id, pg_notify(?, json_build_object('id', id, 'state', 'Submitted', 'health', 'Unknown', 'device', null, 'worker', null)::text),
       pg_notify(?, '') from made`,
    [...Object.values(row), [...groups], channels.jobs, channels.schedule] as never[],
  )) as { rows: { id: number }[] };
  if (!rows[0]) throw new Error("an insert gives its row");
  return rows[0].id;
}
