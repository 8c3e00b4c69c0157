import type { Knex } from "knex";
import { type JobEvent, type JobFacts, type JobTransition, jobTransition } from "../states/index.js";
import type { DeviceRow, JobRow } from "../store/rows.js";
import { writeNotes } from "./log-entries.js";
import { notifyDevices, notifyJobs, notifySchedule } from "./notify.js";

/** Columns that go along with an event: why a job failed, where it runs. */
export type JobDetails = Partial<
  Pick<
    JobRow,
    "failure_comment" | "error_type" | "error_code" | "error_msg" | "worker" | "device_config" | "compatibility"
  >
>;

export interface ApplyOptions {
  readonly now: Date;
  /** Who made it happen, for the admin log: a user, or a part of the system. */
  readonly author: string;
  readonly details?: JobDetails;
}

const factsColumns = [
  "id",
  "state",
  "health",
  "health_check",
  "essential",
  "target_group",
  "actual_device",
  "start_time",
  "worker",
] as const;
type Facts = Pick<JobRow, (typeof factsColumns)[number]>;

const toFacts = (row: Facts): JobFacts => ({ ...row, started: row.start_time !== null });

/**
 * Applies an event to a job, its device and its group, and tells everyone. All of it is in the caller's transaction.
 * Locks: the group's jobs by id, then devices; whoever locks both keeps that order.
 * @returns what changed; undefined where the event came too late or the job is gone
 */
export async function applyJobEvent(
  trx: Knex.Transaction,
  id: number,
  event: JobEvent,
  options: ApplyOptions,
): Promise<JobTransition | undefined> {
  const group = await trx<JobRow>("jobs").where({ id }).first("target_group");
  if (!group) return undefined;
  const rows: Facts[] = await trx<JobRow>("jobs")
    .where(group.target_group === null ? { id } : { target_group: group.target_group })
    .orderBy("id")
    .forUpdate()
    .select(...factsColumns);
  const own = rows.find((row) => row.id === id);
  if (!own) return undefined;
  const made = await applyOne(trx, own, event, options);
  if (made?.cancelGroup)
    for (const other of rows) if (other.id !== id) await applyOne(trx, other, { type: "canceling" }, options);
  return made;
}

async function applyOne(
  trx: Knex.Transaction,
  row: Facts,
  event: JobEvent,
  { now, author, details = {} }: ApplyOptions,
): Promise<JobTransition | undefined> {
  const name = "device" in event ? event.device : row.actual_device;
  const device =
    name === null
      ? undefined
      : await trx<DeviceRow>("devices").where({ name }).forUpdate().first("name", "state", "health");
  const made = jobTransition(toFacts(row), device, event);
  if (!made) return undefined;
  const [after] = await trx<JobRow>("jobs")
    .where({ id: row.id })
    .update({
      state: made.state,
      ...(made.health === undefined ? {} : { health: made.health }),
      ...(made.actual_device === undefined ? {} : { actual_device: made.actual_device }),
      ...(made.starts && row.start_time === null ? { start_time: now } : {}),
      ...(made.ends ? { end_time: now } : {}),
      ...(made.state === "Submitted" ? {} : { waits_for: null }),
      ...(event.type === "canceling" ? {} : details),
    })
    .returning(["id", "state", "health", "actual_device", "worker"]);
  if (after)
    await notifyJobs(trx, [
      { id: after.id, state: after.state, health: after.health, device: after.actual_device, worker: after.worker },
    ]);
  if (made.device) await applyToDevice(trx, made.device, row.id);
  await writeNotes(trx, author, made.notes);
  if (made.state === "Finished") await notifySchedule(trx);
  return made;
}

async function applyToDevice(
  trx: Knex.Transaction,
  { name, state, health, lastHealthJob }: NonNullable<JobTransition["device"]>,
  job: number,
): Promise<void> {
  const changes = {
    ...(state === undefined ? {} : { state }),
    ...(health === undefined ? {} : { health }),
    ...(lastHealthJob ? { last_health_job: job } : {}),
  };
  const [after] = await trx<DeviceRow>("devices")
    .where({ name })
    .update(changes)
    .returning(["name", "state", "health"]);
  if (after) await notifyDevices(trx, [after]);
}
