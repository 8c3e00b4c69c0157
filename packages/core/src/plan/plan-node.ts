import type { JsonObject } from "../json.js";
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
