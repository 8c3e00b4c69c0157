import { isJsonObject, jobError, readYamlFast, toBasaltError } from "@basalt/core";
import type { Knex } from "knex";
import { healthUser } from "../people/rights.js";
import type { UserRow } from "../store/rows.js";
import { insertJob } from "../submit/insert-job.js";
import { type JobColumns, jobColumns } from "../submit/job-columns.js";

function readCheck(text: string): JobColumns {
  const definition = readYamlFast(text, { file: "health check", kind: "job" });
  if (!isJsonObject(definition)) throw jobError("ERR_JOB_INVALID", "a job must be a mapping with job_name and actions");
  return jobColumns({ ...definition, visibility: "public" });
}

/** Why a text can't be put into the queue as a health check; undefined where it can. */
export function healthCheckProblem(text: string): string | undefined {
  try {
    readCheck(text);
    return undefined;
  } catch (error) {
    return toBasaltError(error).message;
  }
}

export interface NewHealthCheck {
  readonly device: string;
  readonly type: string;
  readonly worker: string;
  readonly check: { readonly name: string; readonly text: string };
}

/** Puts a device's health check into the queue, for this device alone. */
export async function createHealthCheck(
  trx: Knex.Transaction,
  { device, type, check }: NewHealthCheck,
): Promise<number> {
  const submitter = await trx<UserRow>("users").where({ username: healthUser }).first("id", "username");
  if (!submitter) throw new Error(`the user ${healthUser} is made by the first migration`);
  const columns = readCheck(check.text);
  return insertJob(trx, {
    submitter,
    columns: { ...columns, tags: [], device, worker: null, queue_timeout: null },
    type,
    definition: check.text,
    original: check.text,
    compatibility: null,
    healthCheck: true,
  });
}
