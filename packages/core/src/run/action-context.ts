import type { CleanupStack } from "../cleanup.js";
import type { Clock } from "../clock.js";
import type { Device } from "../device/device.js";
import type { Job } from "../job/job.js";
import type { Journal, ResultRecord } from "../journal/journal.js";
import type { Json, JsonObject } from "../json.js";
import type { ProtocolSession } from "../plan/protocol.js";
import type { Log } from "./log.js";
import type { OpenConsoles } from "./open-consoles.js";

/** The running job, as actions see it. */
export interface RunningJob {
  readonly id: string;
  readonly job: Job;
  readonly device: Device;
  /** Consoles that are open, by namespace; finalize drains them. */
  readonly consoles: OpenConsoles;
  readonly protocols: ReadonlyMap<string, ProtocolSession>;
  /** Data the dispatcher found out and exports on the device (LAVA's `dynamic_data`: NFS_ROOTFS, NFS_SERVER_IP). */
  readonly dynamicData: Map<string, string>;
  /** Answers of protocol requests, by `protocol/messageID`. */
  readonly protocolData: Map<string, JsonObject>;
}

/** What an action runs with. */
export interface ActionContext {
  /** Aborts when the action's time is up or the job is canceled. Pass it to all that waits. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** Lines of LAVA's log so far: the number of the next one, from 0 (`starttc`, `endtc` of results). */
  logLine(): number;
  readonly journal: Journal;
  /** Undone when the attempt fails or the job ends, last first. */
  readonly cleanup: CleanupStack;
  readonly job: RunningJob;
  readonly level: string;
  readonly name: string;
  readonly namespace: string;
  /** The block's parameters, as this part of the plan sees them. */
  readonly parameters: JsonObject;
  /** Milliseconds until this action's time is up. */
  remainingMs(): number;
  /** Time for one wait on the console, in milliseconds (LAVA's connection timeout). */
  readonly connectionTimeoutMs: number;
  /** Between typed characters in this section, in milliseconds. */
  readonly characterDelayMs: number;
  /** Records a result of a test case. */
  report(result: ResultRecord): void;
  /** Adds to the `extra` of this action's own result. */
  addExtra(key: string, value: Json): void;
  /** Shows how far a long step is. */
  progress(what: string, done: number, total: number | undefined, unit: "bytes" | "steps"): void;
}
