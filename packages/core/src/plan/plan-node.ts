import type { JsonObject } from "../json.js";
import type { Slot } from "../slot.js";
import type { AnyAction } from "./action.js";

/** A named group of actions: children run in order, after the head's own work if it has one. */
export interface GroupNode {
  readonly kind: "sequence" | "retry";
  readonly name: string;
  /** Work of the group itself, done before its children; the group carries its name. */
  readonly head?: AnyAction;
  /** Work of the group itself, done after its children: a flasher's commands run when all is downloaded. */
  readonly tail?: AnyAction;
  readonly children: readonly PlanNode[];
  /** Parameters this subtree is planned with in place of the block's: their `timeout`, `timeouts`, `failure_retry` and `repeat` count. */
  readonly parameters?: JsonObject;
  readonly defaultTimeoutMs?: number;
  /** Left out when the job runs and this slot of its namespace holds true. Set by {@link unless}. */
  readonly unless?: Slot<boolean>;
  /** Told whether the group passed; its failure is then an answer, not the job's. Set by {@link asking}. */
  readonly answer?: Slot<boolean>;
}

/** What a strategy builds: actions and named groups, without numbers. */
export type PlanNode = AnyAction | GroupNode;

/** A child that may be left out, so that `condition && action` reads well in a plan. */
export type MaybeNode = PlanNode | false | null | undefined;

function group(kind: GroupNode["kind"], head: string | AnyAction, children: readonly MaybeNode[]): GroupNode {
  const present = Object.freeze(children.filter((child): child is PlanNode => Boolean(child)));
  if (typeof head === "string") return Object.freeze({ kind, name: head, children: present });
  const { name, defaultTimeoutMs } = head;
  return Object.freeze({
    kind,
    name,
    head,
    children: present,
    ...(defaultTimeoutMs === undefined ? {} : { defaultTimeoutMs }),
  });
}

/** Children one after the other. `head` is the group's name, or an action whose own work comes first. */
export const sequence = (head: string | AnyAction, ...children: readonly MaybeNode[]): GroupNode =>
  group("sequence", head, children);

/** Like {@link sequence}, tried again as often as the block's `failure_retry` (or the device) says. */
export const retry = (head: string | AnyAction, ...children: readonly MaybeNode[]): GroupNode =>
  group("retry", head, children);

/** The same subtree, planned with its own parameters in place of the block's. */
export const withParameters = <N extends PlanNode>(parameters: JsonObject, node: N): N =>
  Object.freeze({ ...node, parameters });

/** The same group, whose own work comes (or goes on) after its children. It runs in the group's name and time. */
export const withTail = (tail: AnyAction, node: GroupNode): GroupNode => Object.freeze({ ...node, tail });

/**
 * The same group, left out when the job runs and an earlier action wrote true into the slot: it is in the plan and passes, and nothing
 * of it is done. A slot that nothing wrote counts as false.
 */
export const unless = (slot: Slot<boolean>, node: GroupNode): GroupNode => Object.freeze({ ...node, unless: slot });

/**
 * The same group as a question: true is written into the slot where it passes, false where it fails for a reason that a retry would
 * accept (infrastructure, job, test). What a failed one opened is undone at once, and the job goes on.
 */
export const asking = (slot: Slot<boolean>, node: GroupNode): GroupNode => Object.freeze({ ...node, answer: slot });
