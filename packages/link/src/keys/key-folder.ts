import { type FSWatcher, watch } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import type { DaemonLog } from "@basalt/core";
import { listKeys } from "./key-files.js";

/** Public keys that may connect: a folder of `NAME.key`, watched. */
export interface KeyFolder extends AsyncDisposable {
  readonly dir: string;
  /** The key of a name, as of the last look. */
  keyOf(name: string): string | undefined;
  /** Whether any file holds this key (Z85). */
  allows(publicKey: string): boolean;
  /** Looks again. What an admin changed counts from here on. */
  refresh(): Promise<void>;
  /** Looks again if files came or went since the last look: one stat otherwise. */
  refreshIfTouched(): Promise<void>;
  /** Calls back with the names whose key was removed or replaced. Gives a way to stop. */
  onRevoked(listener: (name: string) => void): () => void;
}

/**
 * Watches a folder of public keys; makes it if there is none.
 * Watching may miss a change (network file systems), so whoever relies on it calls `refresh()` now and then, too.
 */
export async function openKeyFolder(dir: string, log: DaemonLog): Promise<KeyFolder> {
  await mkdir(dir, { recursive: true });
  const listeners = new Set<(name: string) => void>();
  const unreadable = new Set<string>();
  let keys: ReadonlyMap<string, string> = new Map();
  let allowed: ReadonlySet<string> = new Set();

  const touchedAt = (): Promise<number> =>
    stat(dir).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
  let seenAt = 0;

  const look = async (): Promise<void> => {
    seenAt = await touchedAt();
    const next = new Map<string, string>();
    for (const { name, file, publicKey } of await listKeys(dir)) {
      if (publicKey !== undefined) {
        next.set(name, publicKey);
        unreadable.delete(name);
        continue;
      }
      if (!unreadable.has(name)) log.warning(`key file ${file} holds no public key (yet)`, { file });
      unreadable.add(name);
      // half written: an admin removes a worker by removing the file
      const before = keys.get(name);
      if (before !== undefined) next.set(name, before);
    }
    const before = keys;
    keys = next;
    allowed = new Set(next.values());
    for (const [name, key] of before)
      if (next.get(name) !== key) {
        log.info(next.has(name) ? `key of ${name} was replaced` : `key of ${name} was removed`, { worker: name });
        for (const listener of listeners) listener(name);
      }
    for (const name of next.keys()) if (!before.has(name)) log.debug(`key of ${name} is accepted`, { worker: name });
  };

  let running: Promise<void> | undefined;
  let again: Promise<void> | undefined;
  // a look that began before the change does not count: one more follows it, shared by all who ask meanwhile
  const refresh = (): Promise<void> => {
    const start = (): Promise<void> => {
      again = undefined;
      running = look()
        .catch((error: Error) => log.error(`keys in ${dir} could not be read: ${error.message}`, { dir }))
        .finally(() => {
          running = undefined;
        });
      return running;
    };
    if (!running) return start();
    again ??= running.then(start);
    return again;
  };

  await refresh();
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dir, { persistent: false }, () => void refresh());
    watcher.on("error", (error) => log.warning(`${dir} can't be watched: ${error.message}`, { dir }));
  } catch (error) {
    log.warning(`${dir} can't be watched, changes take a few seconds: ${(error as Error).message}`, { dir });
  }
  return {
    dir,
    keyOf: (name) => keys.get(name),
    allows: (publicKey) => allowed.has(publicKey),
    refresh,
    async refreshIfTouched() {
      if (running || (await touchedAt()) !== seenAt) await refresh();
    },
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      watcher?.close();
      listeners.clear();
      await (again ?? running);
    },
  };
}
