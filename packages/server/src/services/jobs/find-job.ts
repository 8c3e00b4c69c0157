import type { Rights } from "../../people/rights.js";
import { missing } from "../access.js";
import type { Context } from "../context.js";
import type { Asker, JobId } from "../types.js";
import { type JobRecord, jobIdentity, jobSelect } from "./job-view.js";

/** A job that may be seen, and the rights as they were then. */
export interface FoundJob {
  readonly job: JobRecord;
  readonly rights: Rights;
}

const largestId = 2 ** 31 - 1;

/** Which column an id is of; undefined for what is no id. */
function whereId(id: JobId): { readonly text: string; readonly value: number | string } | undefined {
  const written = String(id);
  if (/^\d+\.\d+$/.test(written)) return { text: "jobs.sub_id = ?", value: written };
  const number = Number(written);
  return /^\d+$/.test(written) && number <= largestId ? { text: "jobs.id = ?", value: number } : undefined;
}

/** @throws ERR_NOT_FOUND (404), also where it may not be seen */
export async function findJob({ store, rights }: Context, asker: Asker, id: JobId): Promise<FoundJob> {
  const where = whereId(id);
  if (!where) throw missing("job", id);
  const [known, { rows }] = await Promise.all([
    rights.now(),
    store.knex.raw(`select ${jobSelect} from jobs where ${where.text}`, [where.value]) as Promise<{
      rows: JobRecord[];
    }>,
  ]);
  const job = rows[0];
  if (!job || !known.mayViewJob(asker, jobIdentity(job))) throw missing("job", id);
  return { job, rights: known };
}
