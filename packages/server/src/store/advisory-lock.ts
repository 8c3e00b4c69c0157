import type { Knex } from "knex";

/** Waits for a lock that is kept until the transaction ends. Keys are words: PostgreSQL hashes them. */
export async function advisoryLock(trx: Knex.Transaction, key: string): Promise<void> {
  await trx.raw("select pg_advisory_xact_lock(hashtextextended(?, 0))", [key]);
}

/** Takes the lock if nobody has it; false at once where somebody does. */
export async function tryAdvisoryLock(trx: Knex.Transaction, key: string): Promise<boolean> {
  const { rows } = await trx.raw("select pg_try_advisory_xact_lock(hashtextextended(?, 0)) as taken", [key]);
  return rows[0].taken === true;
}
