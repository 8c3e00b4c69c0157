import { badRequest } from "../../submit/refusals.js";
import type { Context } from "../context.js";
import { historyOf } from "../history.js";
import type { LogPart, LogRange } from "../types.js";
import type { JobRecord } from "./job-view.js";

/** What one answer holds at most: lines can be as long as what a worker sends at once. */
const mostBytes = 4 * 1024 * 1024;

/** Lines of a job's log. `finished` is only true for the last of them. */
export async function readLog(
  { logs }: Pick<Context, "logs">,
  job: Pick<JobRecord, "id" | "state">,
  { start = 0, end, bytes = mostBytes, last = false }: LogRange,
): Promise<LogPart> {
  for (const [field, value] of [
    ["start", start],
    ["end", end ?? 0],
  ] as const)
    if (!Number.isInteger(value) || value < 0)
      throw badRequest("ERR_LOG_RANGE", `${field}: ${value} is none: expected a line number from 0`, {
        details: { field },
      });
  const count = await logs.count(job.id);
  const query = { start, end: Math.min(count, end ?? count), bytes: Math.min(bytes, mostBytes), last };
  return { finished: job.state === "Finished", count, ...(await logs.page(job.id, query)) };
}

export const jobHistory = (context: Pick<Context, "store">, id: number) =>
  historyOf(context.store.knex, "job", String(id));
