import type { DeviceHealth, DeviceState, JobHealth } from "../store/rows.js";
import { changed, type Note } from "./note.js";

/** A device as far as its state and health depend on it. */
export interface DeviceFacts {
  readonly name: string;
  readonly state: DeviceState;
  readonly health: DeviceHealth;
}

export interface EndedJob {
  readonly job: { readonly id: number; readonly health_check: boolean };
  readonly health: JobHealth;
  readonly infrastructure: boolean;
}

export interface HealthChange {
  readonly health: DeviceHealth;
  readonly notes: readonly Note[];
}

const become = (device: DeviceFacts, health: DeviceHealth, why: string): HealthChange => ({
  health,
  notes:
    health === device.health
      ? []
      : [{ kind: "device", object: device.name, message: changed(device.health, health, why) }],
});

/**
 * A device's health after a job (spec 5.6). Unlike LAVA, an infrastructure error does not take a device out of Maintenance, Retired or
 * Looping: an admin put it there (spec 10.4).
 */
export function healthAfterJob(
  device: DeviceFacts,
  { job, health, infrastructure }: EndedJob,
): HealthChange | undefined {
  if (device.health === "Maintenance" || device.health === "Retired") return undefined;
  if (job.health_check) {
    if (device.health === "Looping") {
      if (health !== "Incomplete") return undefined;
      return {
        health: "Looping",
        notes: [{ kind: "device", object: device.name, message: `Looping health-check [${job.id}] failed` }],
      };
    }
    if (health === "Complete") return become(device, "Good", `health-check [${job.id}] completed`);
    return become(device, "Bad", `health-check [${job.id}] ${health === "Canceled" ? "canceled" : "failed"}`);
  }
  if (!infrastructure || health === "Complete" || device.health === "Looping") return undefined;
  return become(device, "Unknown", `Infrastructure error after [${job.id}]`);
}

/** An admin sets a device's health. Its job goes on, but one of a device that is retired has to end. */
export function setDeviceHealth(
  device: DeviceFacts,
  health: DeviceHealth,
  reason = "",
): HealthChange & { readonly cancelJob: boolean } {
  return { ...become(device, health, reason), cancelJob: health === "Retired" && device.state !== "Idle" };
}
