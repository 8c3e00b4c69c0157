import { writeNotes } from "../../jobs/log-entries.js";
import { notifyJobs, notifySchedule } from "../../jobs/notify.js";
import type { JobRow } from "../../store/rows.js";
import { mustBeName } from "../access.js";
import type { Context } from "../context.js";

interface Annotation {
  readonly author: string;
  readonly priority?: number;
  readonly comment?: string;
  /** Names of failure tags: those that the job has from now on. */
  readonly tags?: readonly string[];
}

/** Writes what people say about a job, with who said it. */
export async function annotateJob(
  { store }: Pick<Context, "store">,
  { id }: { readonly id: number },
  { author, priority, comment, tags }: Annotation,
): Promise<void> {
  await store.transaction(async (trx) => {
    const notes: string[] = [];
    if (priority !== undefined) {
      const [before] = await trx<JobRow>("jobs").where({ id }).forUpdate().select("priority");
      if (before?.priority === priority) return;
      await trx<JobRow>("jobs").where({ id }).update({ priority });
      notes.push(`priority ${before?.priority} → ${priority}`);
      await notifySchedule(trx);
    }
    if (comment !== undefined) {
      await trx<JobRow>("jobs").where({ id }).update({ failure_comment: comment });
      notes.push(`comment: ${comment}`);
    }
    if (tags !== undefined) {
      await setFailureTags(trx, id, tags);
      notes.push(`failure tags: ${tags.join(", ") || "none"}`);
    }
    await writeNotes(
      trx,
      author,
      notes.map((message) => ({ kind: "job", object: String(id), message })),
    );
    const [row] = await trx<JobRow>("jobs").where({ id }).select("id", "state", "health", "actual_device", "worker");
    if (row)
      await notifyJobs(trx, [
        { id, state: row.state, health: row.health, device: row.actual_device, worker: row.worker },
      ]);
  });
}

async function setFailureTags(
  trx: Parameters<typeof writeNotes>[0],
  id: number,
  tags: readonly string[],
): Promise<void> {
  const names = [...new Set(tags)].map((name) => mustBeName("failure tag", name));
  await trx("job_failure_tags").where({ job_id: id }).delete();
  if (names.length === 0) return;
  await trx("failure_tags")
    .insert(names.map((name) => ({ name })))
    .onConflict("name")
    .ignore();
  await trx.raw(
    "insert into job_failure_tags (job_id, tag_id) select ?, id from failure_tags where name = any(?::text[])",
    [id, names],
  );
}
