import type { WorkerMessageOf } from "@basalt/core";
import type { JobBelongs, LinkBackend, LogLines, WorkerJobs } from "@basalt/server";
import { Events } from "./events.js";

type State = "Scheduled" | "Running" | "Canceling" | "Finished";

interface StoredJob {
  readonly worker: string;
  readonly definition: string;
  state: State;
  readonly lines: string[];
  end?: WorkerMessageOf<"END">;
  refusal?: WorkerMessageOf<"START_NO">["error"];
  /** How often it was finished: once is right. */
  finished: number;
  /** Its worker said how it ended: nothing will be added. */
  isWhole: boolean;
}

/** A database and a log store in memory, with the rules of the real ones. It outlives links. */
export class FakeBackend implements LinkBackend {
  readonly jobs = new Map<number, StoredJob>();
  readonly events = new Events();
  /** The board of each job that has one. */
  readonly boards = new Map<number, string>();
  /** Workers that may not work. */
  readonly retired = new Set<string>();
  /** What appendLog waits for; a slow disk. */
  disk: Promise<void> = Promise.resolve();
  /** Appends that fail, from now on. */
  failures = 0;

  schedule(job: number, worker: string, definition = `job_name: ${job}`): void {
    this.jobs.set(job, { worker, definition, state: "Scheduled", lines: [], finished: 0, isWhole: false });
  }

  cancel(job: number): void {
    const known = this.jobs.get(job);
    if (known && known.state !== "Finished") known.state = "Canceling";
  }

  /** As housekeeping does with jobs of a worker that is away too long. */
  giveUp(job: number): void {
    this.#finish(job, this.#known(job));
  }

  async workerHello(name: string) {
    this.events.add(`hello ${name}`);
    return this.retired.has(name)
      ? ({ ok: false, code: "ERR_WORKER_UNKNOWN", message: `there is no worker ${name}` } as const)
      : ({ ok: true, interval: 5 } as const);
  }
  workerSeen(name: string): void {
    this.events.add(`seen ${name}`);
  }
  async workerGone(name: string): Promise<void> {
    this.events.add(`gone ${name}`);
  }
  async workerRevoked(name: string): Promise<void> {
    this.events.add(`revoked ${name}`);
    for (const [job, known] of this.jobs) {
      if (known.worker !== name || known.state === "Finished") continue;
      known.isWhole = true;
      this.#finish(job, known);
    }
  }

  async jobsFor(name: string, has: readonly number[]): Promise<WorkerJobs> {
    const mine = [...this.jobs].filter(([, { worker }]) => worker === name);
    const inState = (state: State) => mine.filter(([, job]) => job.state === state).map(([job]) => job);
    const over = has.filter((job) => this.jobs.get(job)?.state === "Finished").map((job) => this.boards.get(job));
    const isHeld = (job: number) => this.boards.has(job) && over.includes(this.boards.get(job));
    return {
      held: inState("Scheduled").filter(isHeld),
      start: inState("Scheduled")
        .filter((job) => !isHeld(job))
        .map((job) => ({
          job,
          compatibility: 2,
          version: "1.0",
          definition: this.jobs.get(job)?.definition ?? "",
          device: "",
          dispatcher: "",
          env: "",
          envDut: "",
        })),
      cancel: inState("Canceling"),
      running: inState("Running"),
    };
  }

  async belongs(name: string, jobs: readonly number[]): Promise<ReadonlyMap<number, JobBelongs>> {
    const known = jobs.filter((job) => this.jobs.has(job));
    return new Map(
      known.map((job) => {
        const { state, worker, isWhole } = this.#known(job);
        if (worker !== name) return [job, state === "Finished" ? "over" : "foreign"];
        return [job, state !== "Finished" ? "own" : isWhole ? "over" : "late"];
      }),
    );
  }

  async started(job: number, worker: string): Promise<void> {
    const known = this.#mine(job, worker);
    if (known.state === "Scheduled") known.state = "Running";
    this.events.add(`started ${job}`);
  }

  async startRefused(job: number, worker: string, error: WorkerMessageOf<"START_NO">["error"]): Promise<void> {
    const known = this.#mine(job, worker);
    known.refusal = error;
    known.isWhole = true;
    if (known.state !== "Finished") this.#finish(job, known);
  }

  async ended(job: number, worker: string, end: WorkerMessageOf<"END">): Promise<void> {
    const known = this.#mine(job, worker);
    known.isWhole = true;
    if (known.state === "Finished") return;
    known.end = end;
    this.#finish(job, known);
  }

  #finish(job: number, known: StoredJob): void {
    known.state = "Finished";
    known.finished++;
    this.events.add(`finished ${job}`);
  }

  #known(job: number): StoredJob {
    const known = this.jobs.get(job);
    if (!known) throw new Error(`there is no job ${job}`);
    return known;
  }

  /** The link must never let a worker near a job that isn't its own. */
  #mine(job: number, worker: string): StoredJob {
    const known = this.jobs.get(job);
    if (known?.worker !== worker) throw new Error(`job ${job} is not ${worker}'s`);
    return known;
  }

  async appendLog({ job, worker, from, body, count }: LogLines): Promise<{ next: number }> {
    const known = this.#mine(job, worker);
    await this.disk;
    if (this.failures > 0) {
      this.failures--;
      throw new Error("no space left on device");
    }
    const lines = Buffer.from(body).toString().split("\n").slice(0, -1);
    if (lines.length !== count) throw new Error(`${lines.length} lines, said to be ${count}`);
    if (from <= known.lines.length) known.lines.push(...lines.slice(known.lines.length - from));
    this.events.changed();
    return { next: known.lines.length };
  }
}
