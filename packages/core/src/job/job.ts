import type { JsonObject } from "../json.js";
import type { Timeouts } from "./timeout.js";

export type Section = "deploy" | "boot" | "test" | "command";
/** Where an action of a plan stands: in a block, or in what ends every job. */
export type PlanSection = Section | "finalize";
export const sections: readonly Section[] = ["deploy", "boot", "test", "command"];

/** One entry of a job's `actions`. */
export interface Block {
  readonly section: Section;
  /** 0-based place in the job's `actions`. */
  readonly index: number;
  /** The block's own keys as written, with the job's protocol data merged in (`params["lava-multinode"]`). */
  readonly params: JsonObject;
  readonly namespace: string;
  /** Where the connection of this block lives; the block's own namespace unless `connection-namespace` says another. */
  readonly connectionNamespace: string;
}

/** A LAVA job definition that the schema accepted. */
export interface Job {
  readonly name: string;
  readonly deviceType?: string;
  readonly timeouts: Timeouts & { readonly jobMs: number };
  readonly blocks: readonly Block[];
  /** Values for the device template; some also override device constants. */
  readonly context: JsonObject;
  readonly environment: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
  readonly protocols: JsonObject;
  readonly tags: readonly string[];
  /** The whole definition, as read. */
  readonly definition: JsonObject;
}
