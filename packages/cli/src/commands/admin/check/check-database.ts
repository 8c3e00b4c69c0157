import { hostname } from "node:os";
import { readServerNotes, type ServerNote, type Store, schemaFacts } from "@basalt/server";
import { type Finding, hint, ok, problem } from "./finding.js";

/** A server process that says it is there. */
export interface KnownServer {
  readonly id: string;
  readonly url: string;
  readonly version: string;
  readonly log_folder: string;
  /** What it left in the state folder, where it runs on this machine. */
  readonly note?: ServerNote;
}

/** Servers say so every 20 s; those silent for longer are gone. */
const aliveSeconds = 60;

export async function readServers({ knex }: Store, stateFolder: string): Promise<readonly KnownServer[]> {
  const rows: KnownServer[] = await knex("servers")
    .where("seen_on", ">", knex.raw("now() - make_interval(secs => ?)", [aliveSeconds]))
    .orderBy("started_on")
    .select("id", "url", "version", "log_folder");
  const notes = (await readServerNotes(stateFolder)).filter(({ host }) => host === hostname());
  return rows.map((row) => {
    const note = notes.find(({ id }) => id === row.id);
    return note ? { ...row, note } : row;
  });
}

async function connections({ knex }: Store): Promise<Finding> {
  const { rows } = await knex.raw(
    "select current_setting('max_connections')::int as most, (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used",
  );
  const { most, used } = rows[0] as { most: number; used: number };
  const words = `${used} of ${most} connections are in use`;
  return used > most * 0.8
    ? hint("database", words, "raise max_connections, or find who holds them in pg_stat_activity")
    : ok("database", words);
}

/** Reachable (it is, if we are here), version, tables, connections, a backlog that nobody vacuums. */
export async function checkDatabase(store: Store): Promise<readonly Finding[]> {
  const findings: Finding[] = [ok("database", `PostgreSQL ${store.serverVersion} (${store.kind}) at ${store.url}`)];
  const { applied, pending, newer } = await schemaFacts(store.knex);
  if (applied.length === 0)
    return [...findings, problem("database", "it is empty", "start the server, or run 'basalt admin init'")];
  if (newer.length > 0)
    return [
      ...findings,
      problem(
        "database",
        `it is of a newer Basalt (${newer.join(", ")})`,
        "use that version, or restore a backup of before the upgrade",
      ),
    ];
  if (pending.length > 0)
    return [
      ...findings,
      problem(
        "database",
        `it lacks ${pending.join(", ")}`,
        "back it up, then start this version's server, which brings it up to date",
      ),
    ];
  findings.push(ok("database", "its tables are those of this version"), await connections(store));
  const { rows } = await store.knex.raw(
    "select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages",
  );
  const { fsync, pages } = rows[0] as { fsync: string; pages: string };
  if (fsync === "off" || pages === "off")
    findings.push(
      problem(
        "database",
        `it runs with ${fsync === "off" ? "fsync" : "full_page_writes"} off`,
        "switch it on: a power cut would destroy the database",
      ),
    );
  return findings;
}
