import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, statfs } from "node:fs/promises";
import { join, resolve } from "node:path";
import { bugError, type Clock, type DaemonLog, infrastructureError, isBasaltError, toBasaltError } from "@basalt/core";
import { diskError } from "@basalt/host/disk-error";
import { takeBallast } from "../job-process/ballast.js";
import { jobFolderFiles } from "../job-process/job-folder.js";
import { readIfThere, syncFolder, writeWhole } from "../job-process/whole-file.js";
import type { JobBook, JobChange, StartOrder } from "./job-book-types.js";
import { takeStateLock } from "./state-lock.js";
import { SupervisedJob } from "./supervised-job.js";

export interface JobBookOptions {
  /** The worker's state folder; made if it is not there. */
  readonly folder: string;
  /** What starts a job process: its argv before the job's folder (`[node, basalt, "job-process"]`, with options for plugins and settings). */
  readonly command: readonly string[];
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** What jobs get of this process's environment; all of it but the database's address and password and `BASALT_*` if absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Below this, no job is started; 64 MiB if absent. */
  readonly minFreeBytes?: number;
}

const defaultMinFreeBytes = 64 << 20;

/** Without what only the daemon is to know. */
const ownEnvironment = (): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(BASALT_|(DATABASE_URL|PGPASSWORD)$)/.test(name)),
  );

const megabytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** The jobs of a state folder. One of these at a time, in one process. */
class FolderJobBook implements JobBook {
  readonly #jobs = new Map<number, SupervisedJob>();
  readonly #starting = new Map<number, Promise<void>>();
  readonly #forgetting = new Map<number, Promise<void>>();
  readonly #listeners = new Set<(change: JobChange) => void>();
  readonly #jobsFolder: string;
  #closed = false;

  constructor(
    private readonly options: JobBookOptions,
    private readonly lock: AsyncDisposable,
  ) {
    this.#jobsFolder = join(options.folder, "jobs");
  }

  list(): ReturnType<JobBook["list"]> {
    return [...this.#jobs].map(([job, { ended }]) => ({ job, ended: ended !== undefined }));
  }

  async start(order: StartOrder): Promise<void> {
    const { job } = order;
    await this.#forgetting.get(job);
    if (this.#jobs.has(job)) return;
    let starting = this.#starting.get(job);
    if (!starting) {
      starting = this.#start(order).finally(() => this.#starting.delete(job));
      this.#starting.set(job, starting);
    }
    await starting;
  }

  cancel(job: number): void {
    this.#jobs.get(job)?.cancel();
  }

  async forget(job: number): Promise<void> {
    let forgetting = this.#forgetting.get(job);
    if (!forgetting) {
      const known = this.#jobs.get(job);
      if (!known) return;
      if (!known.ended)
        throw bugError("ERR_JOB_RUNS", `job ${job} can't be forgotten: it has not ended`, { details: { job } });
      this.#jobs.delete(job);
      forgetting = this.#forget(known).finally(() => this.#forgetting.delete(job));
      this.#forgetting.set(job, forgetting);
    }
    await forgetting;
  }

  async read(...[job, from, limits]: Parameters<JobBook["read"]>): ReturnType<JobBook["read"]> {
    return (await this.#jobs.get(job)?.index.read(from, limits)) ?? { lines: Buffer.alloc(0), count: 0 };
  }

  lineCount(job: number): number {
    return this.#jobs.get(job)?.index.lines ?? 0;
  }

  ended(job: number): ReturnType<JobBook["ended"]> {
    return this.#jobs.get(job)?.ended;
  }

  async description(job: number): Promise<string> {
    const known = this.#jobs.get(job);
    return known === undefined ? "" : ((await readIfThere(known.files.description)) ?? "");
  }

  on(listener: (change: JobChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async recover(): Promise<void> {
    const names = await readdir(this.#jobsFolder);
    for (const name of names) {
      const folder = join(this.#jobsFolder, name);
      const whole = /^[1-9]\d*$/.test(name) && (await readIfThere(jobFolderFiles(folder).start)) !== undefined;
      if (!whole) {
        await rm(folder, { recursive: true, force: true });
        continue;
      }
      const job = Number(name);
      if (this.#jobs.has(job)) continue;
      const known = this.#supervised(job, folder);
      this.#jobs.set(job, known);
      try {
        await known.adopt();
      } catch (error) {
        this.options.log.error(`job ${job} can't be taken up: ${toBasaltError(error).message}`, { job });
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#starting.values(), ...this.#forgetting.values()]);
    await Promise.all([...this.#jobs.values()].map((job) => job.close()));
    await this.lock[Symbol.asyncDispose]();
  }

  #supervised(job: number, folder: string): SupervisedJob {
    const { command, clock, log, environment = ownEnvironment() } = this.options;
    return new SupervisedJob({
      job,
      folder,
      command,
      clock,
      log,
      environment,
      changed: (kind) => {
        for (const listener of [...this.#listeners]) listener({ job, kind });
      },
    });
  }

  async #start(order: StartOrder): Promise<void> {
    const { job } = order;
    if (this.#closed) throw bugError("ERR_JOB_BOOK_CLOSED", `job ${job} can't be started: the worker ends`);
    await this.#checkSpace(job);
    const folder = await this.#makeFolder(order);
    const known = this.#supervised(job, folder);
    try {
      await known.launch();
    } catch (error) {
      await known.close();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    this.#jobs.set(job, known);
  }

  async #checkSpace(job: number): Promise<void> {
    const { folder, minFreeBytes = defaultMinFreeBytes } = this.options;
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (free >= minFreeBytes) return;
    throw infrastructureError(
      "ERR_DISK_FULL",
      `job ${job} can't be started on this worker: its state folder ${folder} has ${megabytes(free)} left, ` +
        `${megabytes(minFreeBytes)} are wanted; free space on it`,
      { details: { folder, free } },
    );
  }

  /** Made aside, then moved into place whole: a folder that is there is a job that is to run. */
  async #makeFolder({ job, ...order }: StartOrder): Promise<string> {
    const { definition, device, dispatcher, env, envDut, compatibility, version } = order;
    const folder = join(this.#jobsFolder, String(job));
    const aside = join(this.#jobsFolder, `.new-${job}-${randomUUID()}`);
    const files = jobFolderFiles(aside);
    const start = { job, definition, device, dispatcher, env, envDut, compatibility, version };
    try {
      await mkdir(aside, { mode: 0o700 });
      await writeWhole(files.start, JSON.stringify(start));
      await takeBallast(files.ballast);
      await rename(aside, folder);
      await syncFolder(this.#jobsFolder);
      return folder;
    } catch (cause) {
      await rm(aside, { recursive: true, force: true });
      throw isBasaltError(cause) ? cause : diskError("make the job's folder", folder, cause);
    }
  }

  async #forget(known: SupervisedJob): Promise<void> {
    await known.killRest();
    await known.close();
    const aside = join(this.#jobsFolder, `.gone-${randomUUID()}`);
    await rename(known.files.path, aside);
    await rm(aside, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Opens the jobs of a state folder; {@link JobBook.recover} takes up those that are there.
 * @throws ERR_STATE_FOLDER_BUSY (configuration) where another worker has it; ERR_DISK_FULL, ERR_FILE_UNREADABLE (infrastructure)
 */
export async function openJobBook(options: JobBookOptions): Promise<JobBook> {
  const folder = resolve(options.folder);
  try {
    await mkdir(join(folder, "jobs"), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw diskError("make the state folder", folder, cause);
  }
  return new FolderJobBook({ ...options, folder }, await takeStateLock(folder));
}
