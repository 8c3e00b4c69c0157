import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Clock, systemClock } from "@basalt/core";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { clientConfig, parseAddress } from "../address.js";
import { connectError } from "../errors.js";
import { migrationLock } from "../migrate.js";
import type { Store } from "../store.js";
import { plainFormats, quoteName, sequencesOf, tablesOf } from "./catalog.js";
import { type BackupManifest, manifestFormat, manifestName, type TableEntry, tableFile } from "./manifest.js";
import { makeMeter, type OnProgress } from "./progress.js";

export interface BackupOptions {
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly onProgress?: OnProgress;
}

async function copyTable(
  client: pg.Client,
  table: { readonly name: string; readonly columns: readonly string[] },
  { path, signal }: { readonly path: string; readonly signal: AbortSignal | undefined },
): Promise<TableEntry> {
  const columns = table.columns.map(quoteName).join(", ");
  const source = client.query(copyTo(`copy ${quoteName(table.name)} (${columns}) to stdout`));
  const meter = makeMeter();
  const file = createWriteStream(path, { mode: 0o600, flush: true });
  await pipeline(source, meter.stream, createGzip({ level: 6 }), file, signal ? { signal } : {});
  return { ...table, rows: source.rowCount, bytes: meter.bytes(), sha256: meter.sha256() };
}

/**
 * Writes all tables, as they are at one moment, into a folder (made, and must be empty): `tables/*.copy.gz` and last `manifest.json`. Servers go on
 * working meanwhile; only migrations wait.
 */
export async function backupDatabase(
  store: Pick<Store, "secretUrl" | "serverVersion">,
  folder: string,
  options: BackupOptions = {},
): Promise<BackupManifest> {
  const { signal, clock = systemClock, onProgress } = options;
  const address = parseAddress(store.secretUrl);
  await mkdir(join(folder, "tables"), { recursive: true, mode: 0o700 });
  const client = new pg.Client({ ...clientConfig(address), application_name: "basalt backup" });
  client.on("error", () => {});
  try {
    await client.connect();
    // before the snapshot is taken: a migration under way is either in it as a whole or not at all
    await client.query("select pg_advisory_lock_shared(hashtextextended($1, 0))", [migrationLock]);
    await client.query("begin isolation level repeatable read read only");
    await client.query(plainFormats);
    const tables: TableEntry[] = [];
    for (const table of await tablesOf(client)) {
      const entry = await copyTable(client, table, { path: join(folder, tableFile(table.name)), signal });
      tables.push(entry);
      onProgress?.({ kind: "table", name: entry.name, bytes: entry.bytes, rows: entry.rows });
    }
    const { rows } = await client.query<{ name: string }>("select name from knex_migrations order by id");
    const manifest: BackupManifest = {
      format: manifestFormat,
      createdAt: new Date(clock.now()).toISOString(),
      postgres: store.serverVersion,
      migrations: rows.map(({ name }) => name),
      tables,
      // sequences are in no snapshot; asked last, they are never behind a row that is in it
      sequences: await sequencesOf(client),
    };
    await client.query("commit");
    await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true });
    return manifest;
  } catch (error) {
    signal?.throwIfAborted();
    throw connectError(error, address, "backing up the database");
  } finally {
    await client.end().catch(() => {});
  }
}
