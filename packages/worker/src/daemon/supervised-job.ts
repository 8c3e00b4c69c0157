import { type Clock, type DaemonLog, toBasaltError } from "@basalt/core";
import { finalizeTimeoutMs } from "../job-process/finalize-timeout.js";
import {
  type EndRecord,
  type JobFolderFiles,
  jobFolderFiles,
  readEnd,
  readIdentity,
} from "../job-process/job-folder.js";
import { isAlive, type ProcessIdentity } from "../job-process/process-identity.js";
import { readIfThere } from "../job-process/whole-file.js";
import { endUnrescued } from "./end-unrescued.js";
import { type CancelNote, escalate, readCancelNote, writeCancelNote } from "./escalation.js";
import { type FolderWatch, watchFolder } from "./folder-watch.js";
import { LineIndex } from "./line-index.js";
import { type SpawnedJob, spawnJob } from "./spawn-job.js";

export interface SupervisedJobOptions {
  readonly job: number;
  readonly folder: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** Hears of new lines, and of the end. */
  changed(kind: "lines" | "ended"): void;
}

/** How often a job is looked at besides: the system may not tell of changes, and nobody tells of an adopted process's end. */
const lookMs = 1_000;
const mostRescues = 3;
const betweenRescuesMs = 5_000;
/** What a rescue may take beyond switching the device off. */
const rescueMs = 120_000;

/** One job of this worker: sees to it that its process is started, that it ends, and that what a dead one left is tidied up. */
export class SupervisedJob {
  readonly files: JobFolderFiles;
  readonly index: LineIndex;
  readonly #stop = new AbortController();
  /** Aborts when the job has ended, or when it is let go. */
  readonly #over = new AbortController();
  readonly #watch: FolderWatch;
  /** Something happened since it was last looked at. */
  #due = false;
  #waker = new AbortController();
  #child: ProcessIdentity | undefined;
  #canceling = false;
  #end: EndRecord | undefined;
  #supervising: Promise<void> = Promise.resolve();

  constructor(private readonly options: SupervisedJobOptions) {
    this.files = jobFolderFiles(options.folder);
    this.index = new LineIndex(this.files.output);
    this.#watch = watchFolder(options.folder, (name) => {
      if (name === "end.json") this.#wake();
      if (name === "output.yaml") void this.#look();
    });
    if (this.#watch.failure)
      options.log.warning("this system does not tell of changed files: job logs are looked at once a second", {
        job: options.job,
        reason: this.#watch.failure.message,
      });
  }

  get ended(): EndRecord | undefined {
    return this.#end;
  }

  /** Starts the job's process. @throws ERR_JOB_PROCESS_START (infrastructure) */
  async launch(): Promise<void> {
    this.#supervise(await this.#spawn([]));
  }

  /** Takes up what an earlier daemon left. */
  async adopt(): Promise<void> {
    await this.#look();
    const end = await readEnd(this.files);
    if (end) return this.#finish(end);
    const note = await readCancelNote(this.files);
    if (note) this.cancel(note);
    this.#supervise(undefined);
  }

  /** Cancels the job, once. */
  cancel(note: CancelNote = { at: this.options.clock.now(), told: false }): void {
    if (this.#end || this.#canceling) return;
    this.#canceling = true;
    const { job, log } = this.options;
    void this.#insist(note).catch((error) => {
      if (!this.#over.signal.aborted)
        log.error(`canceling job ${job} failed: ${toBasaltError(error).message}`, { job });
    });
  }

  /** Lets go: the job goes on. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#over.abort();
    this.#watch[Symbol.dispose]();
    this.#wake();
    await this.#supervising;
    await this.index[Symbol.asyncDispose]();
  }

  /** Kills what still has the job's folder as its own, though the job has ended. */
  async killRest(): Promise<void> {
    for (const path of [this.files.pid, this.files.rescuePid]) this.#kill(await readIdentity(path), "SIGKILL");
  }

  async #insist(note: CancelNote): Promise<void> {
    const { clock, log, job } = this.options;
    // first the note, then the signal: a process that can't hear yet looks for the note when it can
    await writeCancelNote(this.files, note).catch((error) =>
      log.warning(`can't note that job ${job} was canceled: ${error.message}`, { job }),
    );
    if (!note.told) {
      this.#kill(await readIdentity(this.files.pid), "SIGTERM");
      await writeCancelNote(this.files, { ...note, told: true }).catch(() => {});
    }
    await escalate({
      files: this.files,
      canceledAt: note.at,
      clock,
      signal: this.#over.signal,
      send: async (signal) => {
        log.warning(`job ${job} was canceled and has not ended: ${signal}`, { job });
        this.#kill((await readIdentity(this.files.pid)) ?? this.#child, signal);
      },
    });
  }

  #kill(identity: ProcessIdentity | undefined, signal: NodeJS.Signals): void {
    if (identity && isAlive(identity)) process.kill(identity.pid, signal);
  }

  async #spawn(args: readonly string[]): Promise<SpawnedJob> {
    const { command, environment } = this.options;
    const spawned = await spawnJob({ command, environment, files: this.files, args });
    this.#child = spawned.identity;
    return spawned;
  }

  #supervise(started: SpawnedJob | undefined): void {
    const { job, log } = this.options;
    this.#supervising = this.#untilEnd(started).catch((error) => {
      if (!this.#stop.signal.aborted)
        log.error(`looking after job ${job} failed: ${toBasaltError(error).message}`, { job });
    });
  }

  async #untilEnd(started: SpawnedJob | undefined): Promise<void> {
    const { job, clock, log } = this.options;
    let how = started && (await this.#untilGone(started));
    let spawned = started !== undefined;
    for (let rescues = 0; !this.#stop.signal.aborted; ) {
      const end = await readEnd(this.files);
      if (end) return this.#finish(end);
      const living = await this.#owner();
      if (living) await this.#untilGone({ identity: living });
      else if (!spawned && (await readIfThere(this.files.pid)) === undefined) {
        // a daemon ended before its process could begin; should that one still begin, only one of the two gets the folder
        spawned = true;
        how = await this.#untilGone(await this.#spawn([]));
      } else if (rescues++ < mostRescues) await this.#rescue(how, rescues);
      else return this.#finish(await endUnrescued(this.files, { job, how, now: clock.now(), log }));
    }
  }

  /** The process that works in the folder, or tidies it up. */
  async #owner(): Promise<ProcessIdentity | undefined> {
    for (const path of [this.files.pid, this.files.rescuePid]) {
      const identity = await readIdentity(path);
      if (identity && isAlive(identity)) return identity;
    }
    return undefined;
  }

  /** Resolves when the process is gone or the job has ended; with how it ended, where we started it. */
  async #untilGone(process: {
    identity: ProcessIdentity | undefined;
    exited?: Promise<string>;
  }): Promise<string | undefined> {
    let how: string | undefined;
    void process.exited?.then((text) => {
      how = text;
      this.#wake();
    });
    const gone = (): boolean =>
      process.exited ? how !== undefined : process.identity === undefined || !isAlive(process.identity);
    for (;;) {
      this.#due = false;
      if (gone() || this.#stop.signal.aborted || (await readIfThere(this.files.end)) !== undefined) return how;
      await this.#nap();
      await this.#look();
    }
  }

  #wake(): void {
    this.#due = true;
    this.#waker.abort();
  }

  /** Until something happens, or it is time to look again. */
  async #nap(): Promise<void> {
    this.#waker = new AbortController();
    if (this.#due) return;
    await this.options.clock.sleep(lookMs, { signal: this.#waker.signal }).catch(() => {});
  }

  async #rescue(how: string | undefined, tries: number): Promise<void> {
    const { job, log, clock } = this.options;
    log.warning(`the process of job ${job} died${how ? ` (${how})` : ""}: tidying up after it`, { job, tries });
    if (tries > 1) await clock.sleep(betweenRescuesMs, { signal: this.#stop.signal });
    const spawned = await this.#spawn(["--rescue", ...(how === undefined ? [] : ["--how", how])]);
    const late = new AbortController();
    const limit = clock
      .sleep((await finalizeTimeoutMs(this.files)) + rescueMs, {
        signal: AbortSignal.any([late.signal, this.#stop.signal]),
      })
      .then(
        () => this.#kill(spawned.identity, "SIGKILL"),
        () => {},
      );
    await this.#untilGone(spawned);
    late.abort();
    await limit;
  }

  async #finish(end: EndRecord): Promise<void> {
    await this.#look();
    // what can be read is what will be uploaded: waiting for more would be for ever
    this.#end = { ...end, lines: this.index.lines };
    this.#over.abort();
    this.#watch[Symbol.dispose]();
    this.options.changed("ended");
  }

  async #look(): Promise<void> {
    const { job, log } = this.options;
    try {
      if (await this.index.grow()) this.options.changed("lines");
    } catch (error) {
      if (!this.#stop.signal.aborted)
        log.warning(`can't read the log of job ${job}: ${toBasaltError(error).message}`, { job });
    }
  }
}
