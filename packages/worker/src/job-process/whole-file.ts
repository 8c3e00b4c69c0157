import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { diskError } from "@basalt/host/disk-error";

/** Written aside with mode 0600 and on the disk, not only with the system. */
async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomUUID()}.part`;
  try {
    await using handle = await open(draft, "wx", 0o600);
    await handle.writeFile(text);
    await handle.datasync();
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return draft;
}

/** Makes renames in a folder last through a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

/**
 * Writes a file that readers see whole or not at all, also after a loss of power; mode 0600.
 * @throws ERR_DISK_FULL, ERR_FILE_UNREADABLE (infrastructure)
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  try {
    await rename(await writeDraft(path, text), path);
    await syncFolder(dirname(path));
  } catch (cause) {
    throw diskError("write", path, cause);
  }
}

/** As {@link writeWhole}, but leaves a file alone that is there already: false then. Of several writers one wins. */
export async function writeOnce(path: string, text: string): Promise<boolean> {
  try {
    const draft = await writeDraft(path, text);
    try {
      await link(draft, path);
      return true;
    } finally {
      await rm(draft, { force: true });
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw diskError("write", path, cause);
  }
}

/** A file's text; undefined where there is none. @throws ERR_FILE_UNREADABLE (infrastructure) */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw diskError("read", path, cause);
  }
}
