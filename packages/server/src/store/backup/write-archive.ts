import { createWriteStream } from "node:fs";
import { mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Clock, infrastructureError, systemClock } from "@basalt/core";
import * as tar from "tar-stream";
import type { Store } from "../store.js";
import { type ArchiveHead, archiveFormat, endName, headName } from "./archive-entries.js";
import { backupDatabase } from "./backup-database.js";
import type { OnProgress } from "./progress.js";

/** A folder to take along, such as the logs or the keys. */
export interface BackupFolder {
  /** Under which the restore asks for it. */
  readonly name: string;
  readonly path: string;
  /** Says which files (paths relative to the folder) to leave out. */
  readonly skip?: (path: string) => boolean;
}

export interface ArchiveOptions {
  /** A new file (0600: it holds keys and hashes of passwords), or a stream such as stdout. */
  readonly to: string | Writable;
  readonly folders: readonly BackupFolder[];
  /** For the database's tables while they are written: needs room for them, compressed. */
  readonly workFolder: string;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly onProgress?: OnProgress;
}

interface Context {
  readonly pack: tar.Pack;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnProgress | undefined;
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

function addText(pack: tar.Pack, name: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    pack.entry({ name, mode: 0o600 }, text, (error) => (error ? reject(error) : resolve()));
  });
}

/** As long as it is now: a log that grows meanwhile is taken up to here. */
async function addFile({ pack, signal, onProgress }: Context, name: string, path: string): Promise<void> {
  await using file = await open(path, "r");
  const { size, mode, mtime } = await file.stat();
  const entry = pack.entry({ name, size, mode: mode & 0o777, mtime });
  if (size === 0) entry.end(undefined);
  else
    await pipeline(
      file.createReadStream({ start: 0, end: size - 1, autoClose: false }),
      entry,
      signal ? { signal } : {},
    );
  onProgress?.({ kind: "file", name, bytes: size });
}

/** Adds what is in a folder. A file that went away (a log that was compressed meanwhile) is looked for once more under the names that are there then. */
async function addFolder(context: Context, { name, path, skip }: BackupFolder, inside = ""): Promise<void> {
  const done = new Set<string>();
  for (let again = true; again; ) {
    again = false;
    const entries = await readdir(join(path, inside), { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const relative = inside === "" ? entry.name : `${inside}/${entry.name}`;
      if (done.has(entry.name) || skip?.(relative)) continue;
      done.add(entry.name);
      context.signal?.throwIfAborted();
      try {
        if (entry.isDirectory()) await addFolder(context, { name, path, ...(skip ? { skip } : {}) }, relative);
        else if (entry.isFile()) await addFile(context, `folders/${name}/${relative}`, join(path, relative));
      } catch (error) {
        if (!isMissing(error)) throw error;
        again = true;
      }
    }
  }
}

async function addAll(
  context: Context,
  head: ArchiveHead,
  options: { database: string; folders: readonly BackupFolder[] },
): Promise<void> {
  const { pack } = context;
  await addText(pack, headName, `${JSON.stringify(head)}\n`);
  await addFile(context, "database/manifest.json", join(options.database, "manifest.json"));
  for (const name of (await readdir(join(options.database, "tables"))).sort()) {
    await addFile(context, `database/tables/${name}`, join(options.database, "tables", name));
  }
  for (const folder of options.folders) await addFolder(context, folder);
  await addText(pack, endName, "complete\n");
  pack.finalize();
}

async function writeTo(pack: tar.Pack, to: string | Writable, fill: () => Promise<void>): Promise<void> {
  const draft = to instanceof Writable ? to : createWriteStream(`${to}.part`, { mode: 0o600, flush: true });
  const written = pipeline(pack, draft);
  // when the disk is full the pack is destroyed, and whoever fills it waits for ever: the first failure of the two counts
  const filled = fill().catch((error: unknown) => {
    pack.destroy(error as Error);
    throw error;
  });
  filled.catch(() => {});
  try {
    await Promise.race([written, filled.then(() => written)]);
    if (typeof to === "string") await rename(`${to}.part`, to);
  } catch (error) {
    await written.catch(() => {});
    if (typeof to === "string") await rm(`${to}.part`, { force: true });
    throw error;
  }
}

/**
 * Backs up a whole instance into one tar archive: the database in one snapshot, then the folders (logs only grow, so they hold at least what
 * the database knows of). Servers go on working meanwhile. Throws `ERR_BACKUP_WRITE` and the store's errors.
 */
export async function writeArchive(store: Store, options: ArchiveOptions): Promise<void> {
  const { to, folders, workFolder, signal, clock = systemClock, onProgress } = options;
  const work = await mkdtemp(join(workFolder, "backup-"));
  try {
    const shared = { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) };
    await backupDatabase(store, work, { ...shared, clock });
    const pack = tar.pack();
    const head = {
      format: archiveFormat,
      createdAt: new Date(clock.now()).toISOString(),
      folders: folders.map(({ name }) => name),
    };
    await writeTo(pack, to, () => addAll({ pack, signal, onProgress }, head, { database: work, folders }));
  } catch (error) {
    signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!/^E[A-Z]+$/.test(code)) throw error;
    throw infrastructureError(
      "ERR_BACKUP_WRITE",
      `writing the backup ${typeof to === "string" ? to : "to the stream"} failed: ${(error as Error).message}; make room on the disk, or correct the path`,
      { cause: error, details: { code } },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
