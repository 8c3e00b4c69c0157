import { OverlaySlot, TestRunsSlot } from "@basalt/actions-common";
import { type AnyAction, type AnySlot, inNamespace, type PlanNode, type Slots } from "@basalt/core";

/** LAVA's reserved namespace of docker tests. */
export const dockerNamespace = "docker-test-shell";

const own: ReadonlySet<string> = new Set([OverlaySlot.id, TestRunsSlot.id]);

const moved = (slots: Slots): Slots =>
  Object.fromEntries(
    Object.entries(slots).map(([key, slot]): [string, AnySlot] => [
      key,
      own.has(slot.id) ? inNamespace(slot, dockerNamespace) : slot,
    ]),
  );

const moveAction = (action: AnyAction): AnyAction =>
  Object.freeze({ ...action, reads: moved(action.reads), writes: moved(action.writes) });

/** The same plan, whose overlay is kept apart from the device's: a test on the device may come after this one. */
export function inOwnNamespace(node: PlanNode): PlanNode {
  if (node.kind === "action") return moveAction(node);
  return Object.freeze({
    ...node,
    ...(node.head ? { head: moveAction(node.head) } : {}),
    ...(node.tail ? { tail: moveAction(node.tail) } : {}),
    children: node.children.map(inOwnNamespace),
  });
}
