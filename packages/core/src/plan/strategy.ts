import type { DeploymentData } from "../device/deployment-data.js";
import type { Device } from "../device/device.js";
import type { Block, Job, Section } from "../job/job.js";
import type { JsonObject } from "../json.js";
import type { PlanNode } from "./plan-node.js";

/** What a strategy says to a block: yes, or why not. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Yes to a block. */
export const accepted: Verdict = Object.freeze({ ok: true });
/** No to a block; `reason` completes "METHOD: ...". */
export const refused = (reason: string): Verdict => ({ ok: false, reason });
/** Yes if the condition holds, else no with the reason. */
export const acceptIf = (condition: boolean, reason: string): Verdict => (condition ? accepted : refused(reason));

/** What a kind of test needs of the blocks before it (lava-dispatcher.md 3.2, table of step 3). */
export interface TestTraits {
  readonly needsOverlay: boolean;
  readonly needsDeploymentData: boolean;
  readonly hasShell: boolean;
}

/** A test block of a namespace, as the pre-scan found it. */
export interface PlannedTest {
  readonly block: Block;
  readonly traits: TestTraits;
  /** Number of overlay-needing tests before it in its namespace. */
  readonly stage: number;
}

/** What is known of a namespace before planning: its tests decide what deploy and boot must prepare. */
export interface NamespaceFacts extends TestTraits {
  /** All test blocks of the namespace, in job order, those reached through `connection-namespace` last. */
  readonly tests: readonly PlannedTest[];
}

/** What a strategy may look at when it accepts or refuses. */
export interface SelectionRequest {
  readonly block: Block;
  readonly job: Job;
  readonly device: Device;
}

/** What a strategy plans from. Pure data: no clock, network, disk or environment. */
export interface PlanRequest<P = JsonObject> extends SelectionRequest {
  readonly params: P;
  readonly namespace: NamespaceFacts;
  /** Deployment data for the block's `os`; `{}` where no test of the namespace needs it. */
  readonly deploymentData: DeploymentData;
  /** For a test block: its number among the overlay-needing tests of its namespace. */
  readonly stage: number;
  /** True the first time it is asked for this key and namespace: for what must be planned once per namespace. */
  first(key: string): boolean;
}

/** A way to do one kind of block. */
export interface Strategy {
  readonly section: Section;
  /** Values of `deploy.to`, `boot.method` or the kind of test that it serves. */
  readonly methods: readonly string[];
  /** Raised when existing support is removed or changed; a job's number is the highest of its strategies. */
  readonly compatibility: number;
  /** Of several that accept, the highest wins; equal ones in order of declaration. */
  readonly priority: number;
  /** JSON Schema (2020-12) of the block's own keys; keys common to all blocks are added by core. */
  readonly schema: object;
  /** For tests: what they need of deploy and boot. */
  readonly traits?: (block: Block) => TestTraits;
  /** Whether a deploy block of this kind gets deployment data from its `os`; true if absent. */
  readonly usesDeploymentData?: boolean;
  accepts(request: SelectionRequest): Verdict;
  plan(request: PlanRequest<never>): PlanNode;
}

export interface StrategySpec<P> extends Omit<Strategy, "methods" | "priority" | "compatibility" | "accepts" | "plan"> {
  readonly method: string | readonly string[];
  readonly compatibility?: number;
  readonly priority?: number;
  /** Asked only for blocks of its section and method. Accepts all if absent. */
  accepts?(request: SelectionRequest): Verdict;
  /** Builds the block's plan; `params` has the shape that `schema` accepted. */
  plan(request: PlanRequest<P>): PlanNode;
}

/** Makes a strategy. `P` is the type of the block's parameters after the schema accepted them. */
export function defineStrategy<P = JsonObject>(spec: StrategySpec<P>): Strategy {
  const { method, ...rest } = spec;
  return Object.freeze({
    compatibility: 1,
    priority: -1,
    accepts: () => accepted,
    ...rest,
    methods: Object.freeze(typeof method === "string" ? [method] : [...method]),
  }) as Strategy;
}
