import type { Knex } from "knex";
import type { LogEntryRow } from "../store/rows.js";

const most = 1_000;

/** What people call a text, by the kind its document has. */
const titles: Readonly<Record<string, string>> = {
  device: "dictionary",
  devicetype: "template",
  "health-check": "health check",
};

/** Which text a revision is of: an object has several. */
function named(entry: LogEntryRow): LogEntryRow {
  if (entry.kind !== "document") return entry;
  const [kind = ""] = entry.object.split("/");
  return { ...entry, message: `${titles[kind] ?? kind}: ${entry.message}` };
}

/** The admin log of an object, newest first; its texts' revisions for a device or worker, too. */
export async function historyOf(
  db: Knex,
  kind: LogEntryRow["kind"],
  object: string,
  documents: readonly string[] = [],
): Promise<readonly LogEntryRow[]> {
  const entries: LogEntryRow[] = await db<LogEntryRow>("log_entries")
    .where({ kind, object })
    .orWhere((either) => either.where({ kind: "document" }).whereIn("object", [...documents]))
    .orderBy("id", "desc")
    .limit(most)
    .select();
  return entries.map(named);
}
