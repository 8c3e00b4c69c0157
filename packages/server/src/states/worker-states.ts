import type { DeviceHealth, WorkerHealth, WorkerState } from "../store/rows.js";
import { changed, type Note } from "./note.js";

export interface WorkerFacts {
  readonly name: string;
  readonly state: WorkerState;
  readonly health: WorkerHealth;
}

/** `seen`: it spoke. `lost`: it said nothing for too long, its connection was refused or replaced. */
export type WorkerEvent = "seen" | "lost";

export interface WorkerTransition {
  readonly state: WorkerState;
  readonly notes: readonly Note[];
}

/** Whether a worker is there (spec 5.4). Undefined where nothing changes. */
export function workerTransition(worker: WorkerFacts, event: WorkerEvent): WorkerTransition | undefined {
  const state: WorkerState = event === "seen" ? "Online" : "Offline";
  if (worker.state === state) return undefined;
  return { state, notes: [{ kind: "worker", object: worker.name, message: changed(worker.state, state) }] };
}

export interface WorkerHealthChange {
  readonly health: WorkerHealth;
  readonly devices: readonly { readonly name: string; readonly health: DeviceHealth }[];
  readonly notes: readonly Note[];
}

/** An admin sets a worker's health; its devices follow (spec 5.4). */
export function setWorkerHealth(
  worker: WorkerFacts,
  devices: readonly { readonly name: string; readonly health: DeviceHealth }[],
  health: WorkerHealth,
  reason = "",
): WorkerHealthChange {
  const follow = (device: { readonly health: DeviceHealth }): DeviceHealth => {
    if (health === "Active" && worker.health !== "Retired" && device.health === "Good") return "Unknown";
    if (health === "Retired" && device.health !== "Bad" && device.health !== "Retired") return "Retired";
    return device.health;
  };
  const moved = devices.flatMap((device) => {
    const next = follow(device);
    return next === device.health ? [] : [{ name: device.name, health: next, from: device.health }];
  });
  return {
    health,
    devices: moved.map(({ name, health: next }) => ({ name, health: next })),
    notes: [
      { kind: "worker", object: worker.name, message: changed(worker.health, health, reason) },
      ...moved.map(
        ({ name, health: next, from }): Note => ({
          kind: "device",
          object: name,
          message: changed(from, next, `worker going ${health.toLowerCase()}`),
        }),
      ),
    ],
  };
}
