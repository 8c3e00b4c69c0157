import { randomUUID } from "node:crypto";
import { link, rename, rm } from "node:fs/promises";
import { identityOf, isAlive, type ProcessIdentity, parseIdentity } from "./process-identity.js";
import { readIfThere, writeOnce } from "./whole-file.js";

/** A lock that is ours until disposed, or until this process ends; or the process that has it. */
export type ProcessLock =
  | { readonly taken: true; release(): Promise<void> }
  | { readonly taken: false; readonly owner: ProcessIdentity | undefined };

const mostTries = 10;

/** Takes away a dead process's lock; what another process has just put in its place is put back. */
async function dropStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another process was faster
  }
  if ((await readIfThere(aside)) !== stale) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

/** Takes a lock file, which holds pid, start time and boot of its owner; that of a dead process is taken over. @throws ERR_DISK_FULL, ERR_FILE_UNREADABLE (infrastructure) */
export async function takeProcessLock(path: string): Promise<ProcessLock> {
  const own = `${JSON.stringify({ ...identityOf(process.pid), taken: randomUUID() })}\n`;
  for (let tries = 0; !(await writeOnce(path, own)); tries++) {
    const held = await readIfThere(path);
    if (held === undefined) continue;
    const owner = parseIdentity(held);
    if ((owner && isAlive(owner)) || tries >= mostTries) return { taken: false, owner };
    await dropStale(path, held);
  }
  return {
    taken: true,
    async release() {
      if ((await readIfThere(path)) === own) await rm(path, { force: true });
    },
  };
}
