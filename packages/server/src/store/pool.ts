import knexModule, { type Knex } from "knex";
import { clientConfig, type DatabaseAddress } from "./address.js";
import type { PoolFacts } from "./store.js";

/** One server process: link, REST, scheduler and pages share these; 40 connections of an embedded server serve three such processes. */
const maxConnections = 10;
const acquireTimeoutMs = 30_000;

/** A knex with its pool on that address. No connection is opened yet. */
export function makeKnex(address: DatabaseAddress, max = maxConnections): Knex {
  return knexModule({
    client: "pg",
    connection: () => clientConfig(address) as Knex.PgConnectionConfig,
    // waiting for a connection that can't be made: the error of the attempt is worth more than a time-out
    pool: { min: 0, max, acquireTimeoutMillis: acquireTimeoutMs, propagateCreateError: true },
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
