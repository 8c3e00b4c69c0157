import { configurationError } from "@basalt/core";
import type { Knex } from "knex";
import { advisoryLock } from "./advisory-lock.js";
import { type Migration, migrations } from "./migrations/index.js";

/** The advisory lock that whoever changes the tables holds. */
export const migrationLock = "basalt migrations";

/** Knex's two tables of its own. */
export const migrationTables = ["knex_migrations", "knex_migrations_lock"] as const;

const source = (list: readonly Migration[]): Knex.MigrationSource<Migration> => ({
  getMigrations: async () => [...list],
  getMigrationName: ({ name }) => name,
  getMigration: async (migration) => migration,
});

/** Names of the migrations a database has had, oldest first; empty where it is new. */
export async function appliedMigrations(knex: Knex): Promise<readonly string[]> {
  const { rows } = await knex.raw("select to_regclass('knex_migrations') is not null as there");
  if (!rows[0].there) return [];
  return knex("knex_migrations").orderBy("id").pluck("name");
}

function refuseNewer(applied: readonly string[], known: readonly Migration[]): void {
  const strangers = applied.filter((name) => !known.some((migration) => migration.name === name));
  if (strangers.length === 0) return;
  throw configurationError(
    "ERR_DATABASE_NEWER",
    `the database has been used by a newer Basalt (migration ${strangers.join(", ")}; this one knows up to ${known.at(-1)?.name ?? "none"}): start that version or newer, or restore a backup of before the upgrade`,
    { details: { strangers } },
  );
}

/**
 * Brings the tables to what this code expects. One transaction under an advisory lock: of several servers that start at once one does
 * it and the others wait; a server killed in the middle leaves nothing behind.
 *
 * @returns the names of the migrations that were run now
 */
export async function migrate(knex: Knex, known: readonly Migration[] = migrations): Promise<readonly string[]> {
  const applied = await appliedMigrations(knex);
  refuseNewer(applied, known);
  if (applied.length === known.length) return [];
  return knex.transaction((trx) => migrateWithin(trx, known));
}

/** As {@link migrate}, in a transaction of the caller's. */
export async function migrateWithin(trx: Knex.Transaction, known: readonly Migration[]): Promise<readonly string[]> {
  await advisoryLock(trx, migrationLock);
  refuseNewer(await appliedMigrations(trx), known);
  const [, names] = await trx.migrate.latest({ migrationSource: source(known) });
  return names as readonly string[];
}
