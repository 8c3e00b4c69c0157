import type { Knex } from "knex";
import { applyJobEvent } from "../jobs/apply-job-event.js";
import { writeNotes } from "../jobs/log-entries.js";

const deadline = "submit_time + make_interval(secs => coalesce(queue_timeout, ?::int))";

/** Cancels jobs that waited longer than they may (`timeouts.queue`, else the server's setting; seconds). */
export async function expireQueued(
  trx: Knex.Transaction,
  { now, queueTimeout }: { readonly now: number; readonly queueTimeout: number | undefined },
): Promise<void> {
  const at = new Date(now);
  const { rows } = (await trx.raw(
    `select id, coalesce(queue_timeout, ?::int) as seconds from jobs
     where state = 'Submitted' and coalesce(queue_timeout, ?::int) is not null and ${deadline} <= ? order by id`,
    [queueTimeout ?? null, queueTimeout ?? null, queueTimeout ?? null, at],
  )) as { rows: { id: number; seconds: number }[] };
  for (const { id, seconds } of rows) {
    const message = `it waited in the queue for longer than ${seconds} seconds`;
    const made = await applyJobEvent(trx, id, { type: "canceling" }, { now: at, author: "scheduler" });
    if (!made) continue;
    await trx("jobs").where({ id }).update({ failure_comment: message });
    await writeNotes(trx, "scheduler", [{ kind: "job", object: String(id), message: `Canceled: ${message}` }]);
  }
}

/** When the next one will have waited too long, in milliseconds since the epoch. */
export async function nextExpiryAt(
  trx: Knex.Transaction,
  queueTimeout: number | undefined,
): Promise<number | undefined> {
  const { rows } = (await trx.raw(
    `select extract(epoch from min(${deadline}))::float8 * 1000 as at from jobs where state = 'Submitted' and coalesce(queue_timeout, ?::int) is not null`,
    [queueTimeout ?? null, queueTimeout ?? null],
  )) as { rows: { at: number | null }[] };
  return rows[0]?.at ?? undefined;
}
