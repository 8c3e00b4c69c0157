import { badRequest } from "../../submit/refusals.js";
import type { Context } from "../context.js";
import { historyOf } from "../history.js";
import type { LogPart } from "../types.js";
import type { JobRecord } from "./job-view.js";

/** What one answer holds at most; who wants more asks again with what it got as the start. */
const mostLines = 1_000_000;

/** Lines of a job's log. `finished` is only true for the last of them. */
export async function readLog(
  { logs }: Pick<Context, "logs">,
  job: Pick<JobRecord, "id" | "state">,
  { start = 0, end }: { readonly start?: number; readonly end?: number },
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
  const to = Math.min(count, end ?? count, start + mostLines);
  const text = start < to ? await logs.range(job.id, start, to) : Buffer.alloc(0);
  return { finished: job.state === "Finished", count, text };
}

export const jobHistory = (context: Pick<Context, "store">, id: number) =>
  historyOf(context.store.knex, "job", String(id));
