import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { configurationError } from "@basalt/core";
import type { Knex } from "knex";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { appliedMigrations, migrateWithin } from "../migrate.js";
import { type Migration, migrations } from "../migrations/index.js";
import type { Store } from "../store.js";
import { foreignKeysOf, plainFormats, quoteName, tablesOf } from "./catalog.js";
import { type BackupManifest, readManifest, type TableEntry, tableFile } from "./manifest.js";
import { makeMeter, type OnProgress } from "./progress.js";

export interface RestoreOptions {
  /** True: what is in the database now is dropped. */
  readonly replace?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** The migrations that make the tables the backup was taken from. */
function migrationsOf({ migrations: names }: BackupManifest): readonly Migration[] {
  const strangers = names.filter((name, index) => migrations[index]?.name !== name);
  if (strangers.length === 0) return migrations.slice(0, names.length);
  throw configurationError(
    "ERR_BACKUP_NEWER",
    `the backup was made by a newer Basalt (migration ${strangers.join(", ")}; this one knows up to ${migrations.at(-1)?.name}): restore it with that version or a newer one`,
    { details: { strangers } },
  );
}

async function refuseServers(connection: pg.Client): Promise<void> {
  const { rows } = await connection.query(
    "select pid from pg_stat_activity where datname = current_database() and application_name = 'basalt listener'",
  );
  if (rows.length === 0) return;
  throw configurationError(
    "ERR_RESTORE_IN_USE",
    `${rows.length} Basalt server(s) work on the database to restore into: stop them first`,
    { details: { connections: rows.length } },
  );
}

/** Whether tables hold nothing but what a migration puts there (the user of health checks). */
async function isPristine(connection: pg.Client, tables: readonly string[]): Promise<boolean> {
  for (const name of tables) {
    const most = name === "users" ? 1 : 0;
    const { rows } = await connection.query(`select 1 from ${quoteName(name)} limit ${most + 1}`);
    if (rows.length > most) return false;
  }
  return true;
}

async function clear(trx: Knex.Transaction, connection: pg.Client, replace: boolean): Promise<void> {
  const tables = (await tablesOf(connection)).map(({ name }) => name);
  const ours = (await appliedMigrations(trx))[0] === migrations[0]?.name;
  if (tables.length > 0 && !ours) {
    throw configurationError(
      "ERR_RESTORE_FOREIGN",
      `the database to restore into has tables that are not Basalt's (${tables.slice(0, 5).join(", ")}): give DATABASE_URL an empty database`,
      { details: { tables: tables.slice(0, 5) } },
    );
  }
  if (!replace && !(await isPristine(connection, tables))) {
    throw configurationError(
      "ERR_RESTORE_NOT_EMPTY",
      "the database to restore into is not empty: restore into a new one, or say --replace to drop what is there",
    );
  }
  const all = ours ? [...tables, "knex_migrations", "knex_migrations_lock"] : tables;
  if (all.length > 0) await connection.query(`drop table ${all.map(quoteName).join(", ")} cascade`);
}

const damaged = (folder: string, { name }: TableEntry, what: string, cause?: unknown) =>
  configurationError(
    "ERR_BACKUP_DAMAGED",
    `the backup ${folder} is damaged: table ${name}: ${what}; nothing was changed; restore another backup`,
    { cause, details: { table: name } },
  );

async function fill(
  connection: pg.Client,
  table: TableEntry,
  options: { folder: string; signal: AbortSignal | undefined },
): Promise<void> {
  const { folder, signal } = options;
  const columns = table.columns.map(quoteName).join(", ");
  const sink = connection.query(copyFrom(`copy ${quoteName(table.name)} (${columns}) from stdin`));
  const meter = makeMeter();
  try {
    const file = createReadStream(join(folder, tableFile(table.name)));
    await pipeline(file, createGunzip(), meter.stream, sink, signal ? { signal } : {});
  } catch (cause) {
    signal?.throwIfAborted();
    throw damaged(folder, table, (cause as Error).message, cause);
  }
  if (meter.sha256() !== table.sha256) throw damaged(folder, table, "its SHA-256 is not the manifest's");
  if (sink.rowCount !== table.rows) throw damaged(folder, table, `${sink.rowCount} rows instead of ${table.rows}`);
}

async function restoreWithin(trx: Knex.Transaction, folder: string, options: RestoreOptions): Promise<BackupManifest> {
  const manifest = await readManifest(folder);
  const known = migrationsOf(manifest);
  const connection: pg.Client = await trx.client.acquireConnection();
  await refuseServers(connection);
  await connection.query(`${plainFormats}; set local lock_timeout = '10s'`);
  await clear(trx, connection, options.replace ?? false);
  await migrateWithin(trx, known);
  // tables refer to each other in circles: no order of filling would do. Putting the keys back checks every row.
  const keys = await foreignKeysOf(connection);
  for (const { drop } of keys) await connection.query(drop);
  const present = await tablesOf(connection);
  await connection.query(`truncate ${present.map(({ name }) => quoteName(name)).join(", ")}`);
  for (const table of manifest.tables) {
    await fill(connection, table, { folder, signal: options.signal });
    options.onProgress?.({ kind: "table", name: table.name, bytes: table.bytes, rows: table.rows });
  }
  for (const { add } of keys) await connection.query(add);
  for (const { name, value } of manifest.sequences) {
    if (value !== null) await connection.query("select setval($1::regclass, $2, true)", [quoteName(name), value]);
  }
  await migrateWithin(trx, migrations);
  return manifest;
}

/**
 * Fills an empty database (of any PostgreSQL from 15) from a folder of {@link import("./backup-database.js").backupDatabase}, and brings an older one up to
 * date. One transaction: whole or nothing. Open the store with `migrate: false`. Throws `ERR_BACKUP_*` and `ERR_RESTORE_*`.
 */
export async function restoreDatabase(
  store: Store,
  folder: string,
  options: RestoreOptions = {},
): Promise<BackupManifest> {
  const manifest = await store.knex.transaction((trx) => restoreWithin(trx, folder, options));
  await store.knex.raw("analyze");
  return manifest;
}
