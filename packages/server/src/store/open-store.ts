import { type Clock, configurationError, systemClock } from "@basalt/core";
import pg from "pg";
import {
  addressFacts,
  addressUrl,
  clientConfig,
  type DatabaseAddress,
  describeAddress,
  parseAddress,
} from "./address.js";
import { advisoryLock, tryAdvisoryLock } from "./advisory-lock.js";
import { attachEmbedded, openEmbedded } from "./embedded/open-embedded.js";
import { connectError } from "./errors.js";
import { makeListener } from "./listen.js";
import { type StoreLog, silentLog } from "./log.js";
import { migrate as runMigrations } from "./migrate.js";
import { watchPool } from "./patience.js";
import { makeKnex, poolFacts } from "./pool.js";
import type { Store } from "./store.js";
import { makeTransaction } from "./transaction.js";
import { tryWhileItIsLost } from "./try-while-lost.js";

const oldestMajor = 15;

export interface ConnectOptions {
  readonly address: DatabaseAddress;
  /** For pauses, back-off and heartbeats: the real one, as the database is real. */
  readonly clock?: Clock;
  readonly log?: StoreLog;
  readonly kind?: Store["kind"];
  /** False: the tables are taken as they are (backup of an older database, restore into an empty one). */
  readonly migrate?: boolean;
  /** Called last by `close`. */
  readonly onClose?: () => Promise<void>;
}

interface ServerFacts {
  readonly num: number;
  readonly version: string;
  readonly encoding: string;
}

/** Refuses a server that is too old or has another encoding, naming what was found. @returns its version */
function checkServer({ num, version, encoding }: ServerFacts, address: DatabaseAddress): string {
  if (num < oldestMajor * 10_000) {
    throw configurationError(
      "ERR_DATABASE_TOO_OLD",
      `the database server ${describeAddress(address)} is PostgreSQL ${version}; Basalt needs ${oldestMajor} or newer: upgrade it, or leave DATABASE_URL unset to use the PostgreSQL that Basalt brings`,
      { details: { ...addressFacts(address), found: version, needed: oldestMajor } },
    );
  }
  if (encoding === "UTF8") return version;
  throw configurationError(
    "ERR_DATABASE_ENCODING",
    `the database ${describeAddress(address)} has the encoding ${encoding}; logs and jobs need UTF8: create it anew with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0`,
    { details: { ...addressFacts(address), encoding } },
  );
}

/** With a connection of its own: the pool would try again for a while, and not say what was wrong. */
async function readVersion(address: DatabaseAddress): Promise<string> {
  const client = new pg.Client(clientConfig(address));
  // the loss of the connection is told by the query, too
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ num: number; version: string; encoding: string }>(
      "select current_setting('server_version_num')::int as num, current_setting('server_version') as version, getdatabaseencoding() as encoding",
    );
    return checkServer(rows[0] ?? { num: 0, version: "unknown", encoding: "unknown" }, address);
  } finally {
    client.end().catch(() => {});
  }
}

/** A store on a server that runs: checks its version and brings the tables up to date. */
export async function connectStore(options: ConnectOptions): Promise<Store> {
  const { address, clock = systemClock, log = silentLog, kind = "external" } = options;
  const serverVersion = await readVersion(address).catch((error: unknown) => {
    throw connectError(error, address, "opening the database");
  });
  const knex = makeKnex(address, { log });
  try {
    const done = options.migrate === false ? [] : await runMigrations(knex);
    if (done.length > 0) log.info(`the database was migrated: ${done.join(", ")}`);
  } catch (error) {
    await knex.destroy();
    throw connectError(error, address, "opening the database");
  }
  const patience = watchPool(knex, { address, clock });
  const listener = makeListener({ address, clock, log });
  const transaction = makeTransaction(knex, clock, address);
  let closed: Promise<void> | undefined;
  const endAll = async (): Promise<void> => {
    await listener.close();
    await knex.destroy();
    await options.onClose?.();
  };
  const close = (): Promise<void> => {
    closed ??= endAll();
    return closed;
  };
  return {
    ...patience,
    knex,
    kind,
    serverVersion,
    transaction,
    url: describeAddress(address),
    secretUrl: addressUrl(address),
    pool: () => poolFacts(knex),
    withAdvisoryLock: (key, work) =>
      transaction(async (trx) => {
        await advisoryLock(trx, key);
        return work(trx);
      }),
    tryAdvisoryLock: (key, work) =>
      transaction(async (trx) =>
        (await tryAdvisoryLock(trx, key)) ? { taken: true, value: await work(trx) } : { taken: false },
      ),
    listen: listener.listen,
    notify: async (trx, channel, payload) => {
      await trx.raw("select pg_notify(?, ?)", [channel, payload]);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

export interface OpenStoreOptions {
  /** `DATABASE_URL`; without it (or empty) PostgreSQL of our own runs in `stateFolder/postgres`. */
  readonly url?: string | undefined;
  readonly stateFolder: string;
  readonly clock?: Clock;
  readonly log?: StoreLog;
  /** For commands beside a running server: use the PostgreSQL it keeps in `stateFolder`, rather than being refused. */
  readonly attach?: boolean;
  /** False: the tables are taken as they are (to back up before an upgrade, to restore into). */
  readonly migrate?: boolean;
}

/** Opens the lab's database: an existing server of version 15 or newer, or an embedded one. Throws `ERR_DATABASE*`. */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { url, stateFolder, clock = systemClock, log = silentLog, migrate = true } = options;
  const shared = { clock, log, migrate };
  if (url) return connectStore({ ...shared, address: parseAddress(url) });
  const running = options.attach ? await attachEmbedded(stateFolder) : undefined;
  if (running) return connectStore({ ...shared, address: running, kind: "embedded" });
  const embedded = await openEmbedded({ stateFolder, clock, log });
  try {
    const { address, close } = embedded;
    return await tryWhileItIsLost(() => connectStore({ ...shared, address, kind: "embedded", onClose: close }), shared);
  } catch (error) {
    await embedded.close();
    throw error;
  }
}
