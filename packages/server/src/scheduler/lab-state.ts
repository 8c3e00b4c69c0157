import type { DeviceHealth, DeviceState, WorkerHealth, WorkerState } from "../store/rows.js";

/** A worker as a pass sees it. */
export interface LabWorker {
  readonly name: string;
  readonly state: WorkerState;
  readonly health: WorkerHealth;
  /** Devices that may work at once; 0: no limit. */
  readonly jobLimit: number;
}

export interface LabType {
  readonly name: string;
  readonly display: boolean;
  readonly jobLimit: number;
  readonly healthCheck: {
    readonly disabled: boolean;
    readonly frequency: number;
    readonly denominator: "hours" | "jobs";
  };
}

export interface LabDevice {
  readonly name: string;
  readonly type: string;
  readonly state: DeviceState;
  readonly health: DeviceHealth;
  readonly worker: string | null;
  readonly tags: ReadonlySet<string>;
  /** The job that has it now. */
  readonly job?: number;
  /** Whoever adds it is not ready: it is not there for jobs yet. */
  readonly noDictionary?: true;
  /** There is a health check for its template. */
  readonly hasHealthCheck: boolean;
  /** Its last health check: when it was submitted (ms), and how many other jobs started since. */
  readonly checked?: { readonly at: number; readonly jobsSince: number };
}

/** A job in the queue. */
export interface QueuedJob {
  readonly id: number;
  /** Null where it runs over another job's connection. */
  readonly type: string | null;
  readonly device: string | null;
  readonly worker: string | null;
  readonly tags: readonly string[];
  readonly submitter: number;
  readonly priority: number;
  /** Milliseconds since the epoch. */
  readonly submitted: number;
  readonly group: string | null;
  /** "1.0", "1.1": order within a group. */
  readonly subId: string | null;
  readonly role: string | null;
  /** The role over whose device's connection it runs. */
  readonly hostRole?: string | null;
}

/** Everything a pass looks at, read in one transaction. */
export interface LabState {
  readonly now: number;
  readonly workers: ReadonlyMap<string, LabWorker>;
  readonly types: ReadonlyMap<string, LabType>;
  readonly devices: readonly LabDevice[];
  /** Jobs in state Submitted. */
  readonly queue: readonly QueuedJob[];
  /** Unfinished jobs that have a device, by submitter. */
  readonly active: ReadonlyMap<number, number>;
  /** When a job of theirs began last (milliseconds since the epoch), by submitter; nobody who never had one. */
  readonly served: ReadonlyMap<number, number>;
  /** Whether a person may submit to a device. */
  maySubmit(submitter: number, device: LabDevice): boolean;
}

/** A job and the device it gets. */
export interface Assignment {
  readonly job: number;
  readonly device: string | null;
  readonly worker: string;
}

/** What a pass decides. */
export interface PassResult {
  readonly assignments: readonly Assignment[];
  /** Devices that are to be checked now, and the worker of each. */
  readonly healthChecks: readonly { readonly device: string; readonly worker: string }[];
  /** Why each job that stays queued waits, in words. */
  readonly waits: ReadonlyMap<number, string>;
}
