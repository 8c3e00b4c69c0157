import type { Clock, DaemonLog } from "@basalt/core";
import { every } from "@basalt/link";
import type { JobEnd, JobLife } from "./jobs/job-life.js";
import { writeNotes } from "./jobs/log-entries.js";
import { notifyWorkers } from "./jobs/notify.js";
import type { LogSealer } from "./jobs/seal-logs.js";
import { workerTransition } from "./states/index.js";
import { inWords } from "./store/errors.js";
import type { WorkerRow } from "./store/rows.js";
import type { Store } from "./store/store.js";

export interface HousekeepingOptions {
  readonly store: Store;
  readonly life: JobLife;
  readonly sealer: Pick<LogSealer, "sweep">;
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** This server, as the others know it. */
  readonly server: { readonly id: string; readonly url: string; readonly version: string; readonly log_folder: string };
  /** Seconds after which the jobs of a worker that is gone are given up; 0: never. */
  readonly jobLostAfter: number;
  /** Seconds of silence after which a worker is offline. */
  readonly workerGoneAfter?: number;
}

const everyMs = 20_000;
/** A server that did not say so for this long is gone. */
const serverGoneSeconds = 120;
/** More than clocks are slewed between two rounds: somebody set it, or the machine slept. */
const clockStepMs = 5_000;

/**
 * How many milliseconds somebody has been watching, by a clock that went on evenly. Silence counts only as long as there was someone to hear:
 * a server that was away for an hour, or whose clock was set forward, must not give up what goes on.
 */
export function makeWatch(clock: Pick<Clock, "now" | "monotonic">): () => number {
  let since = clock.monotonic();
  let offset = clock.now() - since;
  return () => {
    const at = clock.monotonic();
    const now = clock.now() - at;
    if (Math.abs(now - offset) > clockStepMs) since = at;
    offset = now;
    return at - since;
  };
}

/** What no event tells: workers whose server died with them, jobs whose worker never came back. No latency depends on it. */
export function startHousekeeping(options: HousekeepingOptions): AsyncDisposable {
  const { clock, log } = options;
  const stop = new AbortController();
  const watched = makeWatch(clock);
  let busy: Promise<void> | undefined;
  const tick = (): void => {
    const watchedMs = watched();
    // a round that takes long is not started a second time
    busy ??= keepHouse(options, watchedMs)
      .catch((error: unknown) => log.error(`housekeeping failed: ${inWords(error)}`))
      .finally(() => {
        busy = undefined;
      });
  };
  tick();
  const running = every(everyMs, { clock, signal: stop.signal, tick });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await busy;
    },
  };
}

/** One round; `watchedMs` is how long silence could have been broken. */
export async function keepHouse(options: HousekeepingOptions, watchedMs: number): Promise<void> {
  const { store, clock, server, workerGoneAfter = 60 } = options;
  const now = clock.now();
  // another server may have taken this one for gone while its machine slept
  await store.knex("servers").insert(server).onConflict("id").merge({ seen_on: store.knex.fn.now() });
  await store
    .knex("servers")
    .where("seen_on", "<", store.knex.raw("now() - make_interval(secs => ?)", [serverGoneSeconds]))
    .whereNot({ id: server.id })
    .delete();
  await options.sealer.sweep();
  if (watchedMs < workerGoneAfter * 1_000) return;
  const silent = await store
    .knex<WorkerRow>("workers")
    .where({ state: "Online" })
    .where((query) => query.whereNull("last_ping").orWhere("last_ping", "<", new Date(now - workerGoneAfter * 1_000)))
    .select("name");
  for (const { name } of silent) await markOffline(options, name, now - workerGoneAfter * 1_000);
  if (watchedMs >= options.jobLostAfter * 1_000) await giveUpLostJobs(options, now);
}

async function markOffline({ store, log }: HousekeepingOptions, name: string, before: number): Promise<void> {
  const isGone = await store.transaction(async (trx) => {
    const row = await trx<WorkerRow>("workers").where({ name }).forUpdate().first();
    if (!row || (row.last_ping?.getTime() ?? 0) >= before) return false;
    const made = workerTransition(row, "lost");
    if (!made) return false;
    await trx<WorkerRow>("workers").where({ name }).update({ state: made.state });
    await writeNotes(trx, "housekeeping", made.notes);
    await notifyWorkers(trx, [{ name, state: made.state, health: row.health }]);
    return true;
  });
  if (isGone) log.warning(`worker ${name} is offline: it has been silent for a while`, { worker: name });
}

async function giveUpLostJobs({ store, life, log, jobLostAfter }: HousekeepingOptions, now: number): Promise<void> {
  if (jobLostAfter <= 0) return;
  // a worker that was removed does not come back either
  const { rows: lost } = (await store.knex.raw(
    `select j.id, j.worker from jobs j left join workers w on w.name = j.worker
     where j.state in ('Scheduling', 'Scheduled', 'Running', 'Canceling')
       and (w.name is null or w.state = 'Offline' and coalesce(w.last_ping, to_timestamp(0)) < ?) order by j.id`,
    [new Date(now - jobLostAfter * 1_000)],
  )) as { rows: { id: number; worker: string | null }[] };
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
