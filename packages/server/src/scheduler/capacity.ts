import type { LabDevice, LabState, LabType, LabWorker } from "./lab-state.js";

/** Why a device can't take a job now; `busy` and `limit` end by themselves, the others need a person. */
export type Hindrance =
  | { readonly kind: "busy"; readonly job: number | undefined }
  | { readonly kind: "taken" }
  | { readonly kind: "health-check" }
  | { readonly kind: "health"; readonly health: string }
  | { readonly kind: "no-dictionary" }
  | { readonly kind: "no-worker" }
  | { readonly kind: "worker-away"; readonly worker: string; readonly why: string }
  | { readonly kind: "worker-limit"; readonly worker: string; readonly limit: number }
  | { readonly kind: "type-limit"; readonly limit: number };

function awayBecause(worker: LabWorker): string | undefined {
  if (worker.health !== "Active") return `in ${worker.health}`;
  return worker.state === "Online" ? undefined : "offline";
}

/** What is free, while a pass gives it away. */
export class Capacity {
  readonly #onWorker = new Map<string, number>();
  readonly #ofType = new Map<string, number>();
  readonly #taken = new Map<string, "taken" | "health-check">();

  constructor(private readonly lab: LabState) {
    for (const device of lab.devices) if (device.state !== "Idle") this.#count(device, 1);
  }

  #count(device: LabDevice, by: number): void {
    if (device.worker !== null) this.#onWorker.set(device.worker, (this.#onWorker.get(device.worker) ?? 0) + by);
    this.#ofType.set(device.type, (this.#ofType.get(device.type) ?? 0) + by);
  }

  take(device: LabDevice, how: "taken" | "health-check"): void {
    this.#taken.set(device.name, how);
    this.#count(device, 1);
  }

  giveBack(device: LabDevice): void {
    this.#taken.delete(device.name);
    this.#count(device, -1);
  }

  /** Why its worker can't have one more job. */
  workerHindrance(device: LabDevice): Hindrance | undefined {
    if (device.worker === null) return { kind: "no-worker" };
    const worker = this.lab.workers.get(device.worker);
    const why = worker ? awayBecause(worker) : "not known";
    if (why !== undefined) return { kind: "worker-away", worker: device.worker, why };
    const limit = worker?.jobLimit ?? 0;
    if (limit > 0 && (this.#onWorker.get(device.worker) ?? 0) >= limit)
      return { kind: "worker-limit", worker: device.worker, limit };
    return undefined;
  }

  #typeHindrance(device: LabDevice, type: LabType | undefined): Hindrance | undefined {
    const limit = type?.jobLimit ?? 0;
    return limit > 0 && (this.#ofType.get(device.type) ?? 0) >= limit ? { kind: "type-limit", limit } : undefined;
  }

  /** Why a device can't take one more job now; undefined where it can. */
  hindrance(device: LabDevice): Hindrance | undefined {
    // before all that ends by itself: a device that loops is mostly busy, and takes no job when it is not
    if (device.health !== "Good" && device.health !== "Unknown") return { kind: "health", health: device.health };
    if (device.state !== "Idle") return { kind: "busy", job: device.job };
    const how = this.#taken.get(device.name);
    if (how) return { kind: how };
    if (device.noDictionary) return { kind: "no-dictionary" };
    return this.workerHindrance(device) ?? this.#typeHindrance(device, this.lab.types.get(device.type));
  }

  /** Whether a health check may begin on it: as {@link hindrance}, but devices that loop are checked, too. */
  checkHindrance(device: LabDevice): Hindrance | undefined {
    return this.hindrance(device.health === "Looping" ? { ...device, health: "Unknown" } : device);
  }
}
