import { chown, cp, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, configurationError, systemClock } from "@basalt/core";
import type { Store } from "../store.js";
import type { BackupManifest } from "./manifest.js";
import { type RestoreOptions, restoreDatabase } from "./restore-database.js";
import { unpackArchive } from "./unpack-archive.js";

export interface RestoreArchiveOptions extends RestoreOptions {
  /** Where each folder of the archive goes; one that is not named here is left out. */
  readonly folders: Readonly<Record<string, string>>;
  /** Room to unpack the whole archive; on the file system of the folders best. */
  readonly workFolder: string;
  readonly clock?: Clock;
}

export interface Restored {
  readonly database: BackupManifest;
  /** Paths that were filled. */
  readonly folders: readonly string[];
  /** What was there before (with `replace`), under its new name. */
  readonly setAside: readonly string[];
}

async function isOccupied(path: string): Promise<boolean> {
  return (await readdir(path).catch(() => [])).length > 0;
}

async function giveTo(path: string, owner: { readonly uid: number; readonly gid: number }): Promise<void> {
  await chown(path, owner.uid, owner.gid);
  if (!(await stat(path)).isDirectory()) return;
  for (const name of await readdir(path)) await giveTo(join(path, name), owner);
}

/** Moves a folder into place; across file systems it is copied. Restored by root, it belongs to whom the folder around it belongs. */
async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) await giveTo(from, await stat(dirname(to)));
  await rm(to, { recursive: true, force: true });
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EXDEV") throw error;
    await cp(from, to, { recursive: true, preserveTimestamps: true });
  });
}

async function refuseOccupied(targets: readonly string[], replace: boolean | undefined): Promise<void> {
  for (const path of targets) {
    if (replace || !(await isOccupied(path))) continue;
    throw configurationError(
      "ERR_RESTORE_NOT_EMPTY",
      `the folder to restore into is not empty: ${path}; restore into a new state folder, or say --replace to set it aside`,
      { details: { path } },
    );
  }
}

/**
 * Restores an archive of {@link import("./write-archive.js").writeArchive}: unpacks and checks it, fills the database in one transaction, then moves the folders into
 * place. What fails before the last step changes nothing. Open the store with `migrate: false`.
 */
export async function restoreArchive(store: Store, archive: string, options: RestoreArchiveOptions): Promise<Restored> {
  const { folders, workFolder, clock = systemClock, replace, signal, onProgress } = options;
  await refuseOccupied(Object.values(folders), replace);
  const work = await mkdtemp(join(workFolder, "restore-"));
  try {
    const head = await unpackArchive(archive, work, { signal, onProgress });
    const database = await restoreDatabase(store, join(work, "database"), options);
    const filled: string[] = [];
    const setAside: string[] = [];
    for (const name of head.folders) {
      const to = folders[name];
      if (to === undefined) continue;
      const from = join(work, "folders", name);
      // a folder that was empty has no entry
      await mkdir(from, { recursive: true, mode: 0o700 });
      if (await isOccupied(to)) {
        const aside = `${to}.before-restore-${new Date(clock.now()).toISOString().replaceAll(":", "")}`;
        await rename(to, aside);
        setAside.push(aside);
      }
      await place(from, to);
      filled.push(to);
    }
    return { database, folders: filled, setAside };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
