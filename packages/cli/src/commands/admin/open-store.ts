import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { configurationError, systemClock } from "@basalt/core";
import { makeDaemonLog } from "@basalt/link";
import { openStore, type Store, schemaFacts } from "@basalt/server";
import type { Io } from "../../io.js";
import type { ServerSettings } from "../../settings/server-settings.js";
import { mayNotBeHalfRestored } from "./restore-mark.js";

export interface OpenAdminStore {
  /** Makes the instance where there is none, and brings its tables up to date. */
  readonly init?: boolean;
  /** Takes the tables as they are. */
  readonly anySchema?: boolean;
  /** To be filled: may be new, may hold what an interrupted restore left, and no server may use it. */
  readonly restore?: boolean;
}

/** Whether a state folder has a database of our own. */
export const hasEmbedded = (stateFolder: string): boolean =>
  existsSync(join(stateFolder, "postgres", "data", "PG_VERSION"));

/**
 * A database that root makes belongs to `postgres` or a user like that; the server, started as the state folder's owner, could not open it.
 * @throws ERR_ADMIN_ROOT
 */
async function mustNotBeMadeByRoot(stateFolder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const owner = await stat(stateFolder).then(
    ({ uid }) => uid,
    () => 0,
  );
  if (owner === 0) return;
  throw configurationError(
    "ERR_ADMIN_ROOT",
    `${stateFolder} belongs to user ${owner}, who could not open a database that root makes in it: run this as that user, with sudo -u '#${owner}' basalt admin ...`,
    { details: { stateFolder, owner } },
  );
}

/** The instance's database, whether its server runs or not. @throws ERR_ADMIN_NO_INSTANCE, ERR_ADMIN_SCHEMA, ERR_DATABASE_* */
export async function openAdminStore(settings: ServerSettings, io: Io, options: OpenAdminStore = {}): Promise<Store> {
  const { stateFolder, databaseUrl } = settings;
  const { init = false, anySchema = false, restore = false } = options;
  if (!init && !restore && !databaseUrl && !hasEmbedded(stateFolder))
    throw configurationError(
      "ERR_ADMIN_NO_INSTANCE",
      `there is no instance in ${stateFolder}: name its folder with --state-folder, its database with DATABASE_URL, or make a new one with 'basalt admin init'`,
      { details: { stateFolder } },
    );
  if (!databaseUrl && !hasEmbedded(stateFolder)) await mustNotBeMadeByRoot(stateFolder);
  const clock = io.clock ?? systemClock;
  const log = makeDaemonLog(io.stderr, { level: "warning", format: "text", name: "admin", clock });
  const store = await openStore({ url: databaseUrl, stateFolder, clock, log, attach: !restore, migrate: init });
  try {
    if (!restore) await mayNotBeHalfRestored(settings, store);
    if (!init && !anySchema && !restore) await mustBeCurrent(store);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function mustBeCurrent(store: Store): Promise<void> {
  const { applied, pending, newer } = await schemaFacts(store.knex);
  if (pending.length === 0 && newer.length === 0) return;
  const refuse = (code: string, words: string) =>
    configurationError(code, `the database ${store.url} ${words}`, { details: { applied, pending, newer } });
  if (applied.length === 0)
    throw refuse(
      "ERR_ADMIN_NO_INSTANCE",
      "is empty: 'basalt admin init' makes an instance in it, as the first start of a server does",
    );
  if (newer.length > 0) throw refuse("ERR_ADMIN_SCHEMA", "is of a newer Basalt: use that version's command");
  throw refuse(
    "ERR_ADMIN_SCHEMA",
    "is of an older Basalt: back it up, then start this version's server (or run 'basalt admin init'), which brings it up to date",
  );
}
