import { chown, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, infrastructureError } from "@basalt/core";
import type { StoreLog } from "../log.js";
import type { Cluster } from "./init-cluster.js";
import { pidExists, processesOf } from "./process-facts.js";

const pollMs = 10;
const politeMs = 30_000;
const immediateMs = 5_000;

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // it ended meanwhile
    }
  }
}

async function goneWithin(look: () => Promise<readonly number[]>, ms: number, clock: Clock): Promise<boolean> {
  const until = clock.monotonic() + ms;
  const { signal } = new AbortController();
  for (;;) {
    if ((await look()).length === 0) return true;
    if (clock.monotonic() > until) return false;
    await clock.sleep(pollMs, { signal });
  }
}

async function postmasterPid(dataFolder: string): Promise<number | undefined> {
  const text = await readFile(join(dataFolder, "postmaster.pid"), "utf8").catch(() => "");
  return /^[1-9]\d*\n/.test(text) ? Number.parseInt(text, 10) : undefined;
}

/**
 * PostgreSQL takes a living process of the number in postmaster.pid for its predecessor, even when it is a stranger (after a reboot)
 * or a zombie. It makes an exception for its parent, which will be us. The rest of the file stays: by it PostgreSQL finds shared memory
 * that is still in use.
 */
async function disownStranger({ dataFolder, user }: Cluster): Promise<void> {
  const pid = await postmasterPid(dataFolder);
  if (pid === undefined || !pidExists(pid)) return;
  const path = join(dataFolder, "postmaster.pid");
  const text = await readFile(path, "utf8");
  await rm(path);
  await writeFile(path, text.replace(/^\d+/, String(process.pid)), { mode: 0o600, flag: "wx" });
  if (user) await chown(path, user.uid, user.gid);
}

/**
 * Ends what an earlier server left running on the folder (call only with the opener's lock held): a postmaster by a clean fast shutdown,
 * backends whose postmaster was killed at once.
 */
export async function endLeftovers(
  cluster: Cluster,
  options: { readonly clock: Clock; readonly log: StoreLog },
): Promise<void> {
  const { clock, log } = options;
  const { dataFolder } = cluster;
  const postmaster = await postmasterPid(dataFolder);
  const look = () => processesOf(dataFolder, postmaster);
  const left = await look();
  if (left.length > 0) {
    const orphan = left.find((pid) => pid === postmaster);
    log.warning(
      orphan
        ? `ending the PostgreSQL that a killed server left (process ${orphan})`
        : "ending PostgreSQL processes whose postmaster was killed",
      { pids: left },
    );
    if (orphan) signalAll([orphan], "SIGINT");
    const polite = orphan !== undefined && (await goneWithin(look, politeMs, clock));
    if (!polite) signalAll(await look(), "SIGQUIT");
    if (!polite && !(await goneWithin(look, immediateMs, clock))) {
      signalAll(await look(), "SIGKILL");
      if (!(await goneWithin(look, immediateMs, clock))) {
        throw infrastructureError(
          "ERR_DATABASE_LEFTOVER",
          `PostgreSQL processes ${(await look()).join(", ")} of a killed server still use ${dataFolder} and do not end, not even by SIGKILL: is its disk hanging?`,
          { details: { folder: dataFolder, pids: await look() } },
        );
      }
    }
  }
  await disownStranger(cluster);
}
