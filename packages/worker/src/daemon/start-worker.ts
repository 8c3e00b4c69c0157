import { type Clock, type DaemonLog, systemClock } from "@basalt/core";
import { readPublicKey, readSecretKey, type WorkerEncryption } from "@basalt/link";
import { openJobBook } from "./job-book.js";
import { openWorkerLink } from "./link/worker-link.js";

export interface StartWorkerOptions {
  /** The server's address: `tcp://host:5556`. */
  readonly server: string;
  /** This worker's name; with encryption, also that of its key. */
  readonly name: string;
  /** Where jobs lie while the server does not have all of them. One daemon at a time. */
  readonly stateFolder: string;
  /** Key files: this worker's secret one and the server's public one. Absent: a plain connection. */
  readonly encryption?: { readonly workerKey: string; readonly serverKey: string };
  /** What starts a job's process: its argv before the job's folder. */
  readonly command: readonly string[];
  /** This worker's version. */
  readonly version: string;
  readonly log: DaemonLog;
  readonly clock?: Clock;
}

/** The daemon; disposing of it leaves its jobs running. */
export interface RunningWorker extends AsyncDisposable {
  readonly name: string;
}

async function readKeys({ encryption, log }: StartWorkerOptions): Promise<WorkerEncryption | undefined> {
  if (!encryption) return undefined;
  log.info("Starting encryption");
  log.debug(`Opening slave certificate: ${encryption.workerKey}`);
  const keys = await readSecretKey(encryption.workerKey);
  log.debug(`Opening master certificate: ${encryption.serverKey}`);
  return { keys, serverKey: await readPublicKey(encryption.serverKey), keyFile: encryption.workerKey };
}

/**
 * Starts a worker: takes up the jobs that an earlier daemon left, dials the server, and does what it says.
 * @throws BasaltError ERR_KEY_FILE, ERR_LINK_ADDRESS, ERR_STATE_FOLDER_BUSY (configuration), ERR_DISK_FULL (infrastructure)
 */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const { server, name, version, stateFolder, command, log, clock = systemClock } = options;
  log.info("Creating ZMQ context and socket connections");
  const encryption = await readKeys(options);
  const book = await openJobBook({ folder: stateFolder, command, clock, log });
  try {
    await book.recover();
    const known = book.list();
    if (known.length > 0)
      log.info(`jobs from before: ${known.map(({ job }) => job).join(", ")}`, { jobs: known.length });
    const link = openWorkerLink({ server, name, version, book, log, clock, ...(encryption ? { encryption } : {}) });
    return {
      name,
      async [Symbol.asyncDispose]() {
        await link[Symbol.asyncDispose]();
        await book.close();
      },
    };
  } catch (error) {
    await book.close();
    throw error;
  }
}
