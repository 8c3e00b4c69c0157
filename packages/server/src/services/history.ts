import type { Knex } from "knex";
import type { LogEntryRow } from "../store/rows.js";

const most = 1_000;

/** The admin log of an object, newest first; its texts' revisions for a device or worker, too. */
export async function historyOf(
  db: Knex,
  kind: LogEntryRow["kind"],
  object: string,
  documents: readonly string[] = [],
): Promise<readonly LogEntryRow[]> {
  return db<LogEntryRow>("log_entries")
    .where({ kind, object })
    .orWhere((either) => either.where({ kind: "document" }).whereIn("object", [...documents]))
    .orderBy("id", "desc")
    .limit(most)
    .select();
}
