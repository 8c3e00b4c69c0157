import { join } from "node:path";
import { configurationError, type DaemonLog } from "@basalt/core";
import type { ServerEncryption } from "../server/greeter.js";
import { type CreatedKeys, createKeys, readSecretKey } from "./key-files.js";
import { openKeyFolder } from "./key-folder.js";

/** The server's own pair is named so; no worker may be. */
const serverName = "server";

/** Where a server keeps its keys: `server.key_secret` and `server.key`, and those of workers in `workers.d/NAME.key`. */
export const serverKeyPaths = (keysDir: string) => ({
  secretFile: join(keysDir, `${serverName}.key_secret`),
  publicFile: join(keysDir, `${serverName}.key`),
  workersDir: join(keysDir, "workers.d"),
});

/** Makes the server's pair. @throws BasaltError `ERR_KEY_EXISTS` */
export const createServerKeys = (keysDir: string): Promise<CreatedKeys> => createKeys(serverName, keysDir);

function checkWorker(name: string): void {
  if (name !== serverName) return;
  throw configurationError("ERR_KEY_NAME", `a worker can't be named "${serverName}": that is the server's own key`, {
    details: { name },
  });
}

/**
 * Makes a worker's pair where the server keeps keys: the public one counts at once, the secret one (`NAME.key_secret` beside the
 * server's) is to be carried to the worker and deleted here.
 * @throws BasaltError `ERR_KEY_NAME`, `ERR_KEY_EXISTS`
 */
export async function createWorkerKeys(name: string, keysDir: string): Promise<CreatedKeys> {
  checkWorker(name);
  return createKeys(name, keysDir, { publicDir: serverKeyPaths(keysDir).workersDir });
}

/** Where an encrypted server finds keys. */
export interface ServerKeyFiles {
  /** Its own secret key file. */
  readonly serverKey: string;
  /** Folder of its workers' public keys. */
  readonly workerKeys: string;
}

/**
 * Opens what an encrypted server needs, and says so as LAVA's master did.
 * @throws BasaltError `ERR_KEY_FILE` if there is no secret key (see {@link createServerKeys}), or others may read it
 */
export async function openServerEncryption(
  { serverKey, workerKeys }: ServerKeyFiles,
  log: DaemonLog,
): Promise<ServerEncryption & AsyncDisposable> {
  log.info("Starting encryption");
  log.debug(`Opening master certificate: ${serverKey}`);
  const keys = await readSecretKey(serverKey);
  log.debug(`Using slaves certificates from: ${workerKeys}`);
  const folder = await openKeyFolder(workerKeys, log);
  return { keys, folder, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
