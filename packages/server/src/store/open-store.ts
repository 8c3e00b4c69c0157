import { type Clock, configurationError, systemClock } from "@basalt/core";
import type { Knex } from "knex";
import { addressFacts, addressUrl, type DatabaseAddress, describeAddress, parseAddress } from "./address.js";
import { advisoryLock, tryAdvisoryLock } from "./advisory-lock.js";
import { connectError } from "./errors.js";
import { makeListener } from "./listen.js";
import { type StoreLog, silentLog } from "./log.js";
import { migrate } from "./migrate.js";
import { makeKnex, poolFacts } from "./pool.js";
import type { Store } from "./store.js";
import { makeTransaction } from "./transaction.js";

const oldestMajor = 15;

export interface ConnectOptions {
  readonly address: DatabaseAddress;
  readonly clock?: Clock;
  readonly log?: StoreLog;
  readonly kind?: Store["kind"];
  /** False: the tables are taken as they are (backup of an older database, restore into an empty one). */
  readonly migrate?: boolean;
  /** Called last by `close`. */
  readonly onClose?: () => Promise<void>;
}

/** Refuses a server that is too old, naming what was found. @returns its version */
export function checkVersion(versionNumber: number, version: string, address: DatabaseAddress): string {
  if (versionNumber >= oldestMajor * 10_000) return version;
  throw configurationError(
    "ERR_DATABASE_TOO_OLD",
    `the database server ${describeAddress(address)} is PostgreSQL ${version}; Basalt needs ${oldestMajor} or newer: upgrade it, or leave DATABASE_URL unset to use the PostgreSQL that Basalt brings`,
    { details: { ...addressFacts(address), found: version, needed: oldestMajor } },
  );
}

async function readVersion(knex: Knex, address: DatabaseAddress): Promise<string> {
  const { rows } = await knex.raw(
    "select current_setting('server_version_num')::int as num, current_setting('server_version') as version, getdatabaseencoding() as encoding",
  );
  const { num, version, encoding } = rows[0];
  checkVersion(num, version, address);
  if (encoding === "UTF8") return version;
  throw configurationError(
    "ERR_DATABASE_ENCODING",
    `the database ${describeAddress(address)} has the encoding ${encoding}; logs and jobs need UTF8: create it anew with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0`,
    { details: { ...addressFacts(address), encoding } },
  );
}

/** A store on a server that runs: checks its version and brings the tables up to date. */
export async function connectStore(options: ConnectOptions): Promise<Store> {
  const { address, clock = systemClock, log = silentLog, kind = "external" } = options;
  const knex = makeKnex(address);
  let serverVersion: string;
  try {
    serverVersion = await readVersion(knex, address);
    const done = options.migrate === false ? [] : await migrate(knex);
    if (done.length > 0) log.info(`the database was migrated: ${done.join(", ")}`);
  } catch (error) {
    await knex.destroy();
    throw connectError(error, address, "opening the database");
  }
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
  /** `DATABASE_URL`; without it PostgreSQL of our own runs in `stateFolder/postgres`. */
  readonly url?: string | undefined;
  readonly stateFolder: string;
  readonly clock?: Clock;
  readonly log?: StoreLog;
}
export const openStore = async ({ url, clock, log }: OpenStoreOptions): Promise<Store> =>
  connectStore({ address: parseAddress(url ?? ""), ...(clock ? { clock } : {}), ...(log ? { log } : {}) });
