import { type BasaltError, lavaErrorType, toBasaltError } from "@basalt/core";
import type { JobEnd, JobLife } from "../jobs/job-life.js";
import { writeNotes } from "../jobs/log-entries.js";
import { notifyDevices } from "../jobs/notify.js";
import type { LogSealer } from "../jobs/seal-logs.js";
import type { LogStore } from "../logs/index.js";
import type { LogIntake } from "../results/index.js";
import { changed } from "../states/index.js";
import { inWords, isDatabaseError } from "../store/errors.js";
import type { DeviceRow, JobRow } from "../store/rows.js";
import type { JobBelongs, LinkBackend, StartOrder, WorkerJobs } from "./link-backend.js";
import { makeStartOrder, type StartOrderOptions } from "./start-order.js";
import { makeWorkerPresence, type WorkerPresenceOptions } from "./worker-presence.js";

export interface LabBackendOptions extends StartOrderOptions, WorkerPresenceOptions {
  readonly life: JobLife;
  readonly intake: LogIntake;
  readonly logs: LogStore;
  readonly sealer: LogSealer;
}

const author = "link";
type StartableJob = Pick<JobRow, (typeof startColumns)[number]>;
const startColumns = [
  "id",
  "definition",
  "actual_device",
  "worker",
  "compatibility",
  "submitter",
  "target_group",
  "host_role",
] as const;

/** The link's port to the database, the logs and the rest of the server. */
export interface LabBackend extends LinkBackend {
  /** Waits for what goes on behind an answer: packing logs. */
  idle(): Promise<void>;
}

export function makeLabBackend(options: LabBackendOptions): LabBackend {
  const { store, life, intake, logs, sealer, log } = options;
  const presence = makeWorkerPresence(options);
  const behind = new Set<Promise<void>>();
  const sealing = new Set<number>();
  /** Texts of jobs whose START is on its way, while they are written. */
  const keeping = new Map<number, Promise<void>>();

  const follow = (work: Promise<unknown>, what: string): void => {
    const done: Promise<void> = work
      .then(
        () => {},
        (error: unknown) => log.error(`${what} failed: ${inWords(error)}`),
      )
      .finally(() => behind.delete(done));
    behind.add(done);
  };

  function sealSoon(job: number): void {
    if (sealing.has(job)) return;
    sealing.add(job);
    const work = sealer.seal(job).finally(() => sealing.delete(job));
    follow(work, `packing the log of job ${job}`);
  }

  /** Jobs of a worker that are over and that it has no more: nothing will be added to their logs. */
  async function sealForgotten(worker: string, has: readonly number[]): Promise<void> {
    const open = store.knex<JobRow>("jobs").where({ worker, state: "Finished", log_sealed: false });
    const known = new Set(has);
    for (const { id } of await open.select("id")) if (!known.has(id)) sealSoon(id);
  }

  /** Undefined where it can't be started, now or ever: other jobs of the worker are not held up by it. */
  async function startOrder(job: StartableJob): Promise<StartOrder | undefined> {
    let order: StartOrder;
    try {
      order = await makeStartOrder(options, job);
    } catch (error) {
      const known = toBasaltError(error);
      if (known.kind === "infrastructure" || isDatabaseError(error))
        log.error(`job ${job.id} can't be started now: ${known.message}`, { job: job.id, code: known.code });
      else await refuseStart(job, known);
      return undefined;
    }
    const kept = keepTexts(order).catch((error: unknown) =>
      log.error(`what job ${job.id} was sent could not be kept: ${toBasaltError(error).message}`, { job: job.id }),
    );
    // START does not wait for the disk; that the job runs is written down when they are kept, and START comes again until then
    keeping.set(
      job.id,
      kept.finally(() => keeping.delete(job.id)),
    );
    return order;
  }

  /** What was sent, as LAVA keeps it beside the log; the definition without its secrets filled in is in the table. */
  async function keepTexts({ job, device, dispatcher, env, envDut }: StartOrder): Promise<void> {
    const texts = { "device.yaml": device, "dispatcher.yaml": dispatcher, "env.yaml": env, "env-dut.yaml": envDut };
    if ((await logs.getText(job, "device.yaml")) === device) return;
    const { "device.yaml": last, ...others } = texts;
    await Promise.all(Object.entries(others).map(([name, text]) => logs.putText(job, name, text)));
    await logs.putText(job, "device.yaml", last);
  }

  /** A job that can't be put together ends, and its device needs a look. */
  async function refuseStart(job: StartableJob, error: BasaltError): Promise<void> {
    log.warning(`job ${job.id} can't be started: ${error.message}`, { job: job.id, code: error.code });
    const errorType = lavaErrorType[error.kind];
    await life.finished(job.id, { result: "fail", errorType, errorCode: error.code, errorMessage: error.message });
    if (error.kind !== "configuration" || job.actual_device === null) return;
    const name = job.actual_device;
    await store.transaction(async (trx) => {
      const row = await trx<DeviceRow>("devices").where({ name }).forUpdate().first("name", "state", "health");
      if (row?.health !== "Good" && row?.health !== "Unknown") return;
      await trx<DeviceRow>("devices").where({ name }).update({ health: "Bad" });
      const message = changed(row.health, "Bad", `Invalid device configuration: ${error.message}`);
      await writeNotes(trx, author, [{ kind: "device", object: name, message }]);
      await notifyDevices(trx, [{ ...row, health: "Bad" }]);
    });
  }

  async function finish(job: number, end: JobEnd): Promise<void> {
    await intake.settle(job);
    await life.finished(job, end);
    sealSoon(job);
  }

  /** Devices of jobs that are over here (given up, failed by an admin) and that a worker still has. */
  async function boardsOfOver(jobs: readonly number[]): Promise<ReadonlySet<string>> {
    if (jobs.length === 0) return new Set();
    const names = store
      .knex<JobRow>("jobs")
      .whereIn("id", [...jobs])
      .where({ state: "Finished" });
    return new Set((await names.whereNotNull("actual_device").pluck("actual_device")) as string[]);
  }

  return {
    workerHello: presence.workerHello,
    workerSeen: (name) => follow(presence.seen(name), `writing down that ${name} is there`),
    workerGone: presence.workerGone,
    async workerRevoked(name) {
      await presence.lost(name);
      const rows = await store
        .knex<JobRow>("jobs")
        .where({ worker: name })
        .whereNot({ state: "Finished" })
        .select("id");
      for (const { id } of rows) {
        await life.finished(id, {
          result: "fail",
          errorType: "Infrastructure",
          errorCode: "ERR_WORKER_REVOKED",
          errorMessage: `the key of worker ${name} was removed while the job was on it`,
        });
        sealSoon(id);
      }
    },
    async jobsFor(name, has): Promise<WorkerJobs> {
      const rows = await store
        .knex<JobRow>("jobs")
        .where({ worker: name })
        .whereIn("state", ["Scheduled", "Running", "Canceling"])
        .orderBy("id")
        .select(...startColumns, "state");
      await sealForgotten(name, has);
      const scheduled = rows.filter(({ state }) => state === "Scheduled");
      const boards = scheduled.length > 0 ? await boardsOfOver(has) : new Set<string>();
      const isHeld = ({ actual_device }: StartableJob): boolean => actual_device !== null && boards.has(actual_device);
      const start: StartOrder[] = [];
      for (const row of scheduled) {
        const order = isHeld(row) ? undefined : await startOrder(row);
        if (order) start.push(order);
      }
      const inState = (state: string): number[] => rows.filter((row) => row.state === state).map(({ id }) => id);
      const held = scheduled.filter(isHeld).map(({ id }) => id);
      return { start, cancel: inState("Canceling"), running: inState("Running"), held };
    },
    async belongs(name, jobs) {
      const rows = await store
        .knex<JobRow>("jobs")
        .whereIn("id", [...jobs])
        .select("id", "worker", "state", "log_sealed");
      const verdict = ({ worker, state, log_sealed }: Pick<JobRow, "worker" | "state" | "log_sealed">): JobBelongs => {
        if (worker !== name) return "foreign";
        if (state !== "Finished") return "own";
        return log_sealed ? "over" : "late";
      };
      return new Map(rows.map((row) => [row.id, verdict(row)]));
    },
    async started(job) {
      await keeping.get(job);
      await life.running(job);
    },
    startRefused: (job, _worker, { type, code, message }) =>
      finish(job, { result: "fail", errorType: type, errorCode: code, errorMessage: message }),
    async ended(job, _worker, end) {
      if (end.body !== undefined && end.body !== "") await logs.putText(job, "description.yaml", end.body);
      await finish(job, {
        result: end.result,
        ...(end.errorType === undefined ? {} : { errorType: end.errorType }),
        ...(end.errorCode === undefined ? {} : { errorCode: end.errorCode }),
        ...(end.errorMessage === undefined ? {} : { errorMessage: end.errorMessage }),
      });
    },
    appendLog: ({ job, from, body, count }) =>
      intake.append(job, from, Buffer.from(body.buffer, body.byteOffset, body.byteLength), count),
    async idle() {
      while (behind.size + keeping.size > 0) await Promise.all([...behind, ...keeping.values()]);
    },
  };
}
