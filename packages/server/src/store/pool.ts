import knexModule, { type Knex } from "knex";
import { clientConfig, type DatabaseAddress } from "./address.js";
import { type StoreLog, silentLog } from "./log.js";
import type { PoolFacts } from "./store.js";

/** One server process: link, REST, scheduler and pages share these; 40 connections of an embedded server serve three such processes. */
const maxConnections = 10;
const acquireTimeoutMs = 10_000;
const retryConnectMs = 100;

interface KnexOptions {
  readonly max?: number;
  readonly log?: StoreLog;
}

/**
 * A knex with its pool on that address. No connection is opened yet. While the database restarts, who needs a connection waits for it, 10 seconds at
 * most.
 */
export function makeKnex(address: DatabaseAddress, { max = maxConnections, log = silentLog }: KnexOptions = {}): Knex {
  const say = (message: unknown): void => log.debug(`knex: ${String(message).split("\n")[0]}`);
  return knexModule({
    client: "pg",
    connection: () => clientConfig(address) as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max,
      acquireTimeoutMillis: acquireTimeoutMs,
      propagateCreateError: false,
      createRetryIntervalMillis: retryConnectMs,
    },
    log: { warn: say, error: say, debug: say, deprecate: say },
  });
}

interface TarnPool {
  readonly max: number;
  numUsed(): number;
  numFree(): number;
  numPendingAcquires(): number;
}

export function poolFacts(knex: Knex): PoolFacts {
  const pool = knex.client.pool as TarnPool | undefined;
  if (pool === undefined) return { max: 0, used: 0, free: 0, waiting: 0 };
  return { max: pool.max, used: pool.numUsed(), free: pool.numFree(), waiting: pool.numPendingAcquires() };
}
