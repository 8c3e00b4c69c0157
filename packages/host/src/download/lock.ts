import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "@basalt/core";
import { ownerIsAlive, ownerLine } from "../process/owner.js";

const pollMs = 200;

/** Made whole, then linked into place: no one ever reads half a lock. */
async function tryTake(path: string, line: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, line);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function dropIfDead(path: string): Promise<void> {
  const line = await readFile(path, "utf8").catch(() => undefined);
  if (line === undefined || ownerIsAlive(line.split("\n")[0] ?? "")) return;
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => {});
  await rm(aside, { force: true });
}

/**
 * Holds a lock file that the processes of this machine agree on; a dead process's lock is taken over. It only saves double work: two
 * holders at once (a lock folder shared between containers) do no harm, as everything in the cache is renamed into place.
 */
export async function takeLock(
  path: string,
  options: { readonly clock: Clock; readonly signal: AbortSignal; onWait?(): void },
): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  const line = `${ownerLine()}\n${randomUUID()}\n`;
  for (let waited = false; !(await tryTake(path, line)); waited = true) {
    options.signal.throwIfAborted();
    await dropIfDead(path);
    if (await tryTake(path, line)) break;
    if (!waited) options.onWait?.();
    await options.clock.sleep(pollMs, { signal: options.signal });
  }
  return {
    async [Symbol.asyncDispose]() {
      const held = await readFile(path, "utf8").catch(() => undefined);
      if (held === line) await rm(path, { force: true });
    },
  };
}
