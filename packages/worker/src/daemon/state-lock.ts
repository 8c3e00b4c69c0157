import { join } from "node:path";
import { configurationError } from "@basalt/core";
import { takeProcessLock } from "../job-process/process-lock.js";

/**
 * Makes this process the only worker of a state folder, until disposed or dead.
 * @throws ERR_STATE_FOLDER_BUSY (configuration), with the other's pid; ERR_DISK_FULL, ERR_FILE_UNREADABLE (infrastructure)
 */
export async function takeStateLock(folder: string): Promise<AsyncDisposable> {
  const lock = await takeProcessLock(join(folder, "worker.lock"));
  if (lock.taken) return { [Symbol.asyncDispose]: () => lock.release() };
  const who = lock.owner === undefined ? "" : ` (process ${lock.owner.pid})`;
  throw configurationError(
    "ERR_STATE_FOLDER_BUSY",
    `another worker${who} uses the state folder ${folder}: stop it, or give this one a folder of its own`,
    { details: { folder, pid: lock.owner?.pid } },
  );
}
