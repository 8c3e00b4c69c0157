import { type ConstantSources, findConstant } from "../device/constants.js";
import { jobError } from "../errors.js";
import type { Job, PlanSection } from "../job/job.js";
import { defaultTimeoutMs, namedTimeouts, timeoutMs } from "../job/timeout.js";
import { asObject, hasKey, type Json, type JsonObject } from "../json.js";
import type { Slot } from "../slot.js";
import type { AnyAction } from "./action.js";
import type { GroupNode, PlanNode } from "./plan-node.js";

/** A node of the finished plan: a strategy's node with its level, attempts and time limits. */
export interface PlannedNode {
  readonly name: string;
  /** Place in the tree: `1`, `1.2`, `1.2.3`. */
  readonly level: string;
  readonly section: PlanSection;
  readonly namespace: string;
  readonly kind: PlanNode["kind"];
  /** The node's own work, if it has any. */
  readonly action?: AnyAction;
  /** The group's own work after its children. */
  readonly tail?: AnyAction;
  readonly children: readonly PlannedNode[];
  /** How often a retry node may try, or must repeat; 1 for others. */
  readonly maxRetries: number;
  /** True where all `maxRetries` runs happen, whatever they end with (`repeat`). */
  readonly repeats: boolean;
  readonly retryIntervalMs: number;
  readonly timeoutMs: number;
  /** Time for one wait on the console. */
  readonly connectionTimeoutMs: number;
  /** The block's `timeout.skip`: when its time is up the job goes on with the next block. */
  readonly skipOnTimeout: boolean;
  /** The parameters this node was planned with. */
  readonly parameters: JsonObject;
  /** Left out where this slot of its namespace holds true. */
  readonly unless?: Slot<boolean>;
  /** Told whether it passed; its failure ends nothing else. */
  readonly answer?: Slot<boolean>;
}

/** What numbering looks at besides the plan itself. */
export interface NumberingContext {
  readonly job: Job;
  readonly constants: ConstantSources;
  readonly section: PlanSection;
  readonly namespace: string;
  readonly parameters: JsonObject;
}

const wholeNumber = (value: Json | undefined): number | undefined =>
  typeof value === "number"
    ? Math.trunc(value)
    : typeof value === "string" && /^\d+$/.test(value)
      ? Number(value)
      : undefined;

function attempts(
  node: PlanNode,
  { constants, section }: NumberingContext,
  parameters: JsonObject,
): { maxRetries: number; repeats: boolean } {
  if (node.kind !== "retry") return { maxRetries: 1, repeats: false };
  if (hasKey(parameters, "repeat") && hasKey(parameters, "failure_retry"))
    throw jobError("ERR_JOB_INVALID", `${node.name}: repeat and failure_retry exclude each other: keep one of them`);
  const repeat = wholeNumber(parameters.repeat);
  if (repeat !== undefined) return { maxRetries: repeat, repeats: true };
  const own = wholeNumber(parameters.failure_retry);
  if (own !== undefined) return { maxRetries: own, repeats: false };
  const bootRetry = section === "boot" ? wholeNumber(findConstant(constants, "boot_retry")) : undefined;
  return {
    maxRetries: bootRetry ?? Math.max(1, wholeNumber(findConstant(constants, "failure_retry")) ?? 1),
    repeats: false,
  };
}

/** LAVA's order, later wins (lava-dispatcher.md 3.3); in whole seconds, as LAVA divides them. */
function actionTimeoutMs(
  node: PlanNode,
  context: NumberingContext,
  parameters: JsonObject,
  parent: PlannedNode | undefined,
): number {
  const { job, constants } = context;
  let ms = node.defaultTimeoutMs ?? defaultTimeoutMs;
  ms = job.timeouts.actionMs ?? ms;
  ms = constants.device.timeouts.actions.get(node.name) ?? ms;
  ms = timeoutMs(parameters.timeout) ?? ms;
  if (parent !== undefined && parent.maxRetries > 1) {
    const share = Math.floor(Math.floor(parent.timeoutMs / 1000) / parent.maxRetries) * 1000;
    ms = share > 0 ? share : defaultTimeoutMs;
  }
  ms = job.timeouts.actions.get(node.name) ?? ms;
  return blockTimeouts(parameters).get(node.name) ?? ms;
}

const blockTimeoutsCache = new WeakMap<JsonObject, ReadonlyMap<string, number>>();
function blockTimeouts(parameters: JsonObject): ReadonlyMap<string, number> {
  let named = blockTimeoutsCache.get(parameters);
  if (!named) {
    named = namedTimeouts(parameters.timeouts);
    blockTimeoutsCache.set(parameters, named);
  }
  return named;
}

function connectionTimeoutMs(name: string, { job, constants }: NumberingContext): number {
  return (
    job.timeouts.connections.get(name) ??
    constants.device.timeouts.connections.get(name) ??
    job.timeouts.connectionMs ??
    defaultTimeoutMs
  );
}

/** What a group has beside children. */
const groupWork = ({ tail, unless, answer }: GroupNode): Partial<PlannedNode> => ({
  ...(tail === undefined ? {} : { tail }),
  ...(unless === undefined ? {} : { unless }),
  ...(answer === undefined ? {} : { answer }),
});

/** Gives a strategy's plan its numbers: level, attempts and time limits. Pure. */
export function numberPlan(
  node: PlanNode,
  level: string,
  context: NumberingContext,
  parent?: PlannedNode,
): PlannedNode {
  const own = node.parameters;
  const parameters = own ?? context.parameters;
  const action = node.kind === "action" ? node : node.head;
  const interval = parameters.failure_retry_interval;
  const children: PlannedNode[] = [];
  const planned: PlannedNode = {
    name: node.name,
    level,
    section: context.section,
    namespace: context.namespace,
    kind: node.kind,
    ...(action === undefined ? {} : { action }),
    ...(node.kind === "action" ? {} : groupWork(node)),
    children,
    ...attempts(node, context, parameters),
    retryIntervalMs: (typeof interval === "number" ? interval : 1) * 1000,
    timeoutMs: actionTimeoutMs(node, context, parameters, parent),
    connectionTimeoutMs: connectionTimeoutMs(node.name, context),
    skipOnTimeout: asObject(parameters.timeout).skip === true,
    parameters,
  };
  if (node.kind !== "action") {
    const inherited = own === undefined ? context : { ...context, parameters };
    node.children.forEach((child, index) => {
      children.push(numberPlan(child, `${level}.${index + 1}`, inherited, planned));
    });
  }
  return planned;
}
