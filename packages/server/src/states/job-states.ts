import { type DeviceHealth, type DeviceState, type JobHealth, type JobState, jobStates } from "../store/rows.js";
import { type DeviceFacts, healthAfterJob } from "./device-states.js";
import type { Note } from "./note.js";

/** What can happen to a job. A device of null belongs to a job that runs over another job's connection. */
export type JobEvent =
  /** A member of a MultiNode group got its device and waits for the others. */
  | { readonly type: "scheduling"; readonly device: string | null }
  | { readonly type: "scheduled"; readonly device: string | null }
  | { readonly type: "running" }
  | { readonly type: "canceling" }
  | { readonly type: "finished"; readonly result: "pass" | "fail"; readonly infrastructure: boolean };

/** What the rules look at. */
export interface JobFacts {
  readonly id: number;
  readonly state: JobState;
  readonly health: JobHealth;
  readonly health_check: boolean;
  readonly essential: boolean;
  readonly target_group: string | null;
  readonly actual_device: string | null;
  readonly started: boolean;
}

/** What an event changes; what is absent stays. */
export interface JobTransition {
  readonly state: JobState;
  readonly health?: JobHealth;
  readonly actual_device?: string | null;
  /** `start_time` or `end_time` is now. */
  readonly starts?: true;
  readonly ends?: true;
  readonly device?: {
    readonly name: string;
    readonly state?: DeviceState;
    readonly health?: DeviceHealth;
    /** The job is the device's last health check. */
    readonly lastHealthJob?: true;
  };
  /** For the admin log. */
  readonly notes: readonly Note[];
  /** The other members of the group are to be canceled, too. */
  readonly cancelGroup?: true;
}

const order = (state: JobState): number => jobStates.indexOf(state);

/**
 * What an event does to a job and its device (spec lava-server.md 5.5, 5.6). Undefined where it does nothing: states only go forward, and
 * a message that comes twice must not harm.
 */
export function jobTransition(
  job: JobFacts,
  device: DeviceFacts | undefined,
  event: JobEvent,
): JobTransition | undefined {
  switch (event.type) {
    case "scheduling":
    case "scheduled":
      return scheduled(job, event);
    case "running":
      if (order(job.state) > order("Scheduled")) return undefined;
      return {
        state: "Running",
        starts: true,
        ...(device ? { device: { name: device.name, state: "Running" } } : {}),
        notes: [],
      };
    case "canceling":
      return canceling(job);
    case "finished":
      return finished(job, device, event);
  }
}

function scheduled(
  job: JobFacts,
  { type, device }: Extract<JobEvent, { type: "scheduling" | "scheduled" }>,
): JobTransition | undefined {
  const state: JobState = type === "scheduled" ? "Scheduled" : "Scheduling";
  if (order(job.state) >= order(state)) return undefined;
  return {
    state,
    actual_device: device,
    ...(device === null ? {} : { device: { name: device, state: "Reserved" } }),
    notes: [],
  };
}

/** Whom the job's end concerns beside itself: an essential member takes its group along. */
const groupOf = (job: JobFacts): { cancelGroup?: true } =>
  job.essential && job.target_group !== null ? { cancelGroup: true } : {};

function canceling(job: JobFacts): JobTransition | undefined {
  if (order(job.state) >= order("Canceling")) return undefined;
  // nobody has it yet
  if (job.state === "Submitted")
    return { state: "Finished", health: "Canceled", starts: true, ends: true, notes: [], ...groupOf(job) };
  return { state: "Canceling", notes: [], ...groupOf(job) };
}

function finished(
  job: JobFacts,
  device: DeviceFacts | undefined,
  { result, infrastructure }: Extract<JobEvent, { type: "finished" }>,
): JobTransition | undefined {
  if (job.state === "Finished") return undefined;
  const health: JobHealth = job.state === "Canceling" ? "Canceled" : result === "pass" ? "Complete" : "Incomplete";
  // canceled before it began: nothing was done that could say something about the device
  const idle = health === "Canceled" && !job.started;
  const after = device && healthAfterJob(device, { job, health, infrastructure: infrastructure && !idle });
  return {
    state: "Finished",
    health,
    ...(job.started ? {} : { starts: true }),
    ends: true,
    ...(device
      ? {
          device: {
            name: device.name,
            state: "Idle",
            ...(after?.health && after.health !== device.health ? { health: after.health } : {}),
            ...(job.health_check ? { lastHealthJob: true } : {}),
          },
        }
      : {}),
    notes: after?.notes ?? [],
    ...(health === "Incomplete" ? groupOf(job) : {}),
  };
}
