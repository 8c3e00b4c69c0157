import type { Knex } from "knex";
import { appliedMigrations } from "./migrate.js";
import { migrations } from "./migrations/index.js";

/** How far a database's tables are from what this code expects. */
export interface SchemaFacts {
  /** Names of migrations it has had; none: it is empty. */
  readonly applied: readonly string[];
  /** Those it lacks. */
  readonly pending: readonly string[];
  /** Those of a newer Basalt. */
  readonly newer: readonly string[];
}

export async function schemaFacts(knex: Knex): Promise<SchemaFacts> {
  const applied = await appliedMigrations(knex);
  const known = migrations.map(({ name }) => name);
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    newer: applied.filter((name) => !known.includes(name)),
  };
}
