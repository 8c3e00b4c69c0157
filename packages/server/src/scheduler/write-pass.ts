import type { Knex } from "knex";
import { notifyDevices, notifyJobs } from "../jobs/notify.js";
import { jobTransition } from "../states/index.js";
import type { DeviceRow, JobRow } from "../store/rows.js";
import type { Assignment } from "./lab-state.js";

type LockedJob = Pick<
  JobRow,
  "id" | "state" | "health" | "health_check" | "essential" | "target_group" | "actual_device" | "start_time"
>;
type LockedDevice = Pick<DeviceRow, "name" | "state" | "health" | "worker">;

/**
 * Writes assignments, all in a few statements. What changed since the lab was read (a job canceled, a device taken out) is left out, and a
 * group with it whole.
 * @returns those that were written
 */
export async function writeAssignments(
  trx: Knex.Transaction,
  assignments: readonly Assignment[],
): Promise<readonly Assignment[]> {
  if (assignments.length === 0) return [];
  const jobs: LockedJob[] = await trx<JobRow>("jobs")
    .whereIn(
      "id",
      assignments.map(({ job }) => job),
    )
    .orderBy("id")
    .forUpdate()
    .select("id", "state", "health", "health_check", "essential", "target_group", "actual_device", "start_time");
  const devices: LockedDevice[] = await trx<DeviceRow>("devices")
    .whereIn(
      "name",
      assignments.flatMap(({ device }) => device ?? []),
    )
    .orderBy("name")
    .forUpdate()
    .select("name", "state", "health", "worker");
  const valid = stillValid(
    assignments,
    new Map(jobs.map((row) => [row.id, row])),
    new Map(devices.map((row) => [row.name, row])),
  );
  if (valid.length === 0) return [];
  await trx.raw(
    `update jobs set state = 'Scheduled', actual_device = a.device, worker = a.worker, waits_for = null
     from unnest(?::int[], ?::text[], ?::text[]) as a(id, device, worker) where jobs.id = a.id`,
    [valid.map(({ job }) => job), valid.map(({ device }) => device) as string[], valid.map(({ worker }) => worker)],
  );
  const reserved = valid.flatMap(({ device }) => device ?? []);
  await trx<DeviceRow>("devices").whereIn("name", reserved).update({ state: "Reserved" });
  const health = new Map(devices.map((row) => [row.name, row.health]));
  await notifyJobs(
    trx,
    valid.map(({ job, device, worker }) => ({ id: job, state: "Scheduled", health: "Unknown", device, worker })),
  );
  await notifyDevices(
    trx,
    reserved.map((name) => ({ name, state: "Reserved", health: health.get(name) ?? "Unknown" })),
  );
  return valid;
}

function stillValid(
  assignments: readonly Assignment[],
  jobs: ReadonlyMap<number, LockedJob>,
  devices: ReadonlyMap<string, LockedDevice>,
): readonly Assignment[] {
  const holds = ({ job, device, worker }: Assignment): boolean => {
    const row = jobs.get(job);
    const at = device === null ? undefined : devices.get(device);
    if (!row || (device !== null && (at?.state !== "Idle" || at.worker !== worker))) return false;
    if (at && (at.health === "Bad" || at.health === "Maintenance" || at.health === "Retired")) return false;
    return jobTransition({ ...row, started: row.start_time !== null }, at, { type: "scheduled", device }) !== undefined;
  };
  const broken = new Set(
    assignments.filter((one) => !holds(one)).map(({ job }) => jobs.get(job)?.target_group ?? `job ${job}`),
  );
  return assignments.filter(({ job }) => !broken.has(jobs.get(job)?.target_group ?? `job ${job}`));
}

/** Writes why jobs wait, where it changed. */
export async function writeWaits(trx: Knex.Transaction, waits: ReadonlyMap<number, string>): Promise<void> {
  if (waits.size === 0) return;
  await trx.raw(
    `update jobs set waits_for = w.reason from unnest(?::int[], ?::text[]) as w(id, reason)
     where jobs.id = w.id and jobs.state = 'Submitted' and jobs.waits_for is distinct from w.reason`,
    [[...waits.keys()], [...waits.values()]],
  );
}
