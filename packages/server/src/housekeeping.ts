import type { Clock, DaemonLog } from "@basalt/core";
import { every } from "@basalt/link";
import type { JobEnd, JobLife } from "./jobs/job-life.js";
import { writeNotes } from "./jobs/log-entries.js";
import { notifyWorkers } from "./jobs/notify.js";
import { workerTransition } from "./states/index.js";
import type { JobRow, WorkerRow } from "./store/rows.js";
import type { Store } from "./store/store.js";

export interface HousekeepingOptions {
  readonly store: Store;
  readonly life: JobLife;
  readonly clock: Clock;
  readonly log: DaemonLog;
  readonly serverId: string;
  /** Seconds after which the jobs of a worker that is gone are given up; 0: never. */
  readonly jobLostAfter: number;
  /** Seconds of silence after which a worker is offline. */
  readonly workerGoneAfter?: number;
}

const everyMs = 20_000;
/** A server that did not say so for this long is gone. */
const serverGoneMs = 120_000;

/** What no event tells: workers whose server died with them, jobs whose worker never came back. No latency depends on it. */
export function startHousekeeping(options: HousekeepingOptions): AsyncDisposable {
  const { clock, log } = options;
  const stop = new AbortController();
  const running = every(everyMs, {
    clock,
    signal: stop.signal,
    tick: () =>
      keepHouse(options).catch((error: unknown) => log.error(`housekeeping failed: ${(error as Error).message}`)),
  });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

/** One round. */
export async function keepHouse(options: HousekeepingOptions): Promise<void> {
  const { store, clock, serverId, workerGoneAfter = 60 } = options;
  const now = clock.now();
  await store
    .knex("servers")
    .where({ id: serverId })
    .update({ seen_on: new Date(now) });
  await store
    .knex("servers")
    .where("seen_on", "<", new Date(now - serverGoneMs))
    .whereNot({ id: serverId })
    .delete();
  const silent = await store
    .knex<WorkerRow>("workers")
    .where({ state: "Online" })
    .where("last_ping", "<", new Date(now - workerGoneAfter * 1_000))
    .select("name");
  for (const { name } of silent) await markOffline(options, name, now - workerGoneAfter * 1_000);
  await giveUpLostJobs(options, now);
}

async function markOffline({ store, log }: HousekeepingOptions, name: string, before: number): Promise<void> {
  await store.transaction(async (trx) => {
    const row = await trx<WorkerRow>("workers").where({ name }).forUpdate().first();
    if (!row || (row.last_ping?.getTime() ?? 0) >= before) return;
    const made = workerTransition(row, "lost");
    if (!made) return;
    await trx<WorkerRow>("workers").where({ name }).update({ state: made.state });
    await writeNotes(trx, "housekeeping", made.notes);
    await notifyWorkers(trx, [{ name, state: made.state, health: row.health }]);
    log.warning(`worker ${name} is offline: it has been silent for a while`, { worker: name });
  });
}

async function giveUpLostJobs({ store, life, log, jobLostAfter }: HousekeepingOptions, now: number): Promise<void> {
  if (jobLostAfter <= 0) return;
  const lost = (await store
    .knex<JobRow>("jobs as j")
    .join("workers as w", "w.name", "j.worker")
    .where("w.state", "Offline")
    .where("w.last_ping", "<", new Date(now - jobLostAfter * 1_000))
    .whereIn("j.state", ["Scheduled", "Running", "Canceling"])
    .select("j.id", "j.worker")) as { id: number; worker: string }[];
  for (const { id, worker } of lost) {
    const end: JobEnd = {
      result: "fail",
      errorType: "Infrastructure",
      errorCode: "ERR_WORKER_LOST",
      errorMessage: `worker ${worker} has been away for more than ${jobLostAfter} seconds`,
    };
    if (await life.finished(id, end)) log.warning(`job ${id} is given up: ${end.errorMessage}`, { job: id, worker });
  }
}
