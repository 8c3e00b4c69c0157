import { type Clock, type DaemonLog, toBasaltError } from "@basalt/core";
import type { Knex } from "knex";
import type { DeviceConfigs } from "../devices/index.js";
import { applyJobEvent } from "../jobs/apply-job-event.js";
import { channels } from "../jobs/channels.js";
import { writeNotes } from "../jobs/log-entries.js";
import { notifyDevices } from "../jobs/notify.js";
import { changed } from "../states/index.js";
import type { DeviceRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { createHealthCheck, healthCheckProblem } from "./health-check.js";
import { nextCheckAt } from "./health-due.js";
import type { LabState, PassResult } from "./lab-state.js";
import { schedulingPass } from "./pass.js";
import { expireQueued, nextExpiryAt } from "./queue-timeout.js";
import { readLab } from "./read-lab.js";
import { writeAssignments, writeWaits } from "./write-pass.js";

export interface SchedulerOptions {
  readonly store: Store;
  readonly configs: DeviceConfigs;
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** Numbers in [0, 1). */
  readonly random?: () => number;
  /** Seconds after which jobs leave the queue that say nothing of it themselves; none: they wait for ever. */
  readonly queueTimeout?: number;
  /** How long each pass took, in seconds. */
  readonly onPass?: (seconds: number) => void;
}

/** What a pass did. */
export interface PassReport {
  readonly scheduled: number;
  readonly checks: number;
  readonly waiting: number;
  /** When time alone will give the next pass something to do, in milliseconds since the epoch. */
  readonly nextAt: number | undefined;
}

const lock = "basalt scheduler";
const author = "scheduler";

/**
 * One pass, under a lock that all servers of the database share: reads the lab, decides, writes. Devices whose texts turn out to be wrong
 * become Bad, and the pass decides again without them.
 */
export async function runPass(options: SchedulerOptions): Promise<PassReport> {
  const { store, configs, clock, random = Math.random, queueTimeout } = options;
  return store.withAdvisoryLock(lock, async (trx) => {
    await configs.refresh();
    await expireQueued(trx, { now: clock.now(), queueTimeout });
    for (;;) {
      const lab = await readLab(trx, configs, clock.now());
      const decided = schedulingPass(lab, { random });
      const broken = await brokenDevices(lab, decided, configs);
      if (broken.length > 0) {
        await markBad(trx, broken);
        continue;
      }
      return write(trx, options, { lab, decided });
    }
  });
}

async function write(
  trx: Knex.Transaction,
  { configs, clock, log, queueTimeout }: SchedulerOptions,
  { lab, decided }: { readonly lab: LabState; readonly decided: PassResult },
): Promise<PassReport> {
  const now = clock.now();
  const written = await writeAssignments(trx, decided.assignments);
  await writeWaits(trx, decided.waits);
  for (const { device, worker } of decided.healthChecks) {
    const type = lab.devices.find(({ name }) => name === device)?.type ?? "";
    const check = configs.healthCheck({ name: device, device_type: type });
    if (!check || !(await isStillFree(trx, device, worker))) continue;
    const id = await createHealthCheck(trx, { device, type, worker, check });
    await applyJobEvent(trx, id, { type: "scheduled", device }, { now: new Date(now), author, details: { worker } });
  }
  if (written.length + decided.healthChecks.length > 0)
    log.info(
      `scheduled, jobs: ${written.length}, health checks: ${decided.healthChecks.length}, waiting: ${decided.waits.size}`,
      {
        jobs: written.map(({ job, device }) => `${job}:${device}`).slice(0, 20),
      },
    );
  const nextAt = [nextCheckAt(lab.devices, lab.types, now), await nextExpiryAt(trx, queueTimeout)].filter(
    (at) => at !== undefined,
  );
  return {
    scheduled: written.length,
    checks: decided.healthChecks.length,
    waiting: decided.waits.size,
    nextAt: nextAt.length > 0 ? Math.min(...nextAt) : undefined,
  };
}

/** Locks a device. @returns whether it may be checked: an admin may have taken it since the lab was read */
async function isStillFree(trx: Knex.Transaction, name: string, worker: string): Promise<boolean> {
  const row = await trx<DeviceRow>("devices").where({ name }).forUpdate().first("state", "health", "worker");
  if (row?.state !== "Idle" || row.worker !== worker) return false;
  return row.health === "Good" || row.health === "Unknown" || row.health === "Looping";
}

interface Broken {
  readonly device: string;
  readonly health: string;
  readonly why: string;
}

/** Devices that were chosen, but whose texts can't be rendered, or whose health check is no job. */
async function brokenDevices(
  lab: LabState,
  { assignments, healthChecks }: PassResult,
  configs: DeviceConfigs,
): Promise<Broken[]> {
  const byName = new Map(lab.devices.map((device) => [device.name, device]));
  const chosen = [...assignments.map(({ device }) => device), ...healthChecks.map(({ device }) => device)];
  const broken: Broken[] = [];
  for (const name of chosen) {
    const device = name === null ? undefined : byName.get(name);
    if (!device) continue;
    const problem = await configs.problem({ name: device.name, device_type: device.type });
    if (problem !== undefined)
      broken.push({ device: device.name, health: device.health, why: `Invalid device configuration: ${problem}` });
  }
  for (const { device: name } of healthChecks) {
    const device = byName.get(name);
    const check = device && configs.healthCheck({ name, device_type: device.type });
    const problem = check && healthCheckProblem(check.text);
    if (device && problem !== undefined && !broken.some((one) => one.device === name))
      broken.push({ device: name, health: device.health, why: `Invalid health check: ${problem}` });
  }
  return broken;
}

async function markBad(trx: Knex.Transaction, broken: readonly Broken[]): Promise<void> {
  for (const { device, health, why } of broken) {
    const [row] = await trx<DeviceRow>("devices")
      .where({ name: device })
      .update({ health: "Bad" })
      .returning(["name", "state", "health"]);
    if (!row) continue;
    await writeNotes(trx, author, [{ kind: "device", object: device, message: changed(health, "Bad", why) }]);
    await notifyDevices(trx, [row]);
  }
}

export interface Scheduler extends AsyncDisposable {
  /** Resolves when a pass that began after this call is done. */
  pass(): Promise<PassReport>;
}

const longestSleepMs = 3_600_000;
/** Passes one after the other take a third of the time at most: submissions by the hundred leave time for themselves. */
const shareOfPasses = 1 / 3;
/** So far passes may be ahead of their share: where little happens, none of them waits. */
const aheadMs = 100;
const longestRestMs = 250;

/** Runs passes: one after each notice that something may let a job begin, and when time alone gives one something to do. */
export async function startScheduler(options: SchedulerOptions): Promise<Scheduler> {
  const { store, clock, log } = options;
  const stop = new AbortController();
  let running: Promise<PassReport> | undefined;
  let next: Promise<PassReport> | undefined;
  let timer = new AbortController();
  /** Monotonic milliseconds: when passes so far have had no more than their share. */
  let paidUntil = Number.NEGATIVE_INFINITY;
  let waking = false;

  async function once(): Promise<PassReport> {
    const begin = clock.monotonic();
    const report = await runPass(options);
    const tookMs = clock.monotonic() - begin;
    options.onPass?.(tookMs / 1_000);
    paidUntil = Math.max(paidUntil, begin) + Math.min(tookMs / shareOfPasses, tookMs + longestRestMs);
    timer.abort();
    timer = new AbortController();
    if (report.nextAt !== undefined && !stop.signal.aborted) sleepUntil(report.nextAt, timer.signal);
    return report;
  }

  function sleepUntil(at: number, cut: AbortSignal): void {
    const signal = AbortSignal.any([cut, stop.signal]);
    const ms = Math.min(Math.max(at - clock.now(), 0), longestSleepMs);
    clock.sleep(ms, { signal }).then(wake, () => {});
  }

  /** At most one pass runs and one waits for it: however many notices come, they are seen by a pass that began after them. */
  function pass(): Promise<PassReport> {
    if (next) return next;
    const after = running ?? Promise.resolve();
    next = after.then(
      () => begin(),
      () => begin(),
    );
    return next;
  }

  function begin(): Promise<PassReport> {
    next = undefined;
    const mine = once().finally(() => {
      if (running === mine) running = undefined;
    });
    running = mine;
    return mine;
  }

  function wake(): void {
    if (waking || next) return;
    waking = true;
    void rested().then(() => {
      waking = false;
      if (!stop.signal.aborted) passNow();
    });
  }

  async function rested(): Promise<void> {
    await running?.catch(() => {});
    const restMs = paidUntil - aheadMs - clock.monotonic();
    if (restMs > 0) await clock.sleep(restMs, { signal: stop.signal }).catch(() => {});
  }

  function passNow(): void {
    pass().catch((error: unknown) => {
      const { code, message } = toBasaltError(error);
      log.error(`the scheduling pass failed: ${message}`, { code });
      // the database is away, or something we did not foresee: try again before long
      if (!stop.signal.aborted) clock.sleep(1_000, { signal: stop.signal }).then(wake, () => {});
    });
  }

  const subscription = await store.listen(channels.schedule, wake, { resync: wake });
  wake();
  return {
    pass,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the scheduler stops"));
      await subscription.close();
      await Promise.allSettled([running, next]);
    },
  };
}
