import type { AnySlot, Slots } from "../slot.js";
import type { AnyAction } from "./action.js";
import { type Pipeline, pipelineRoots } from "./build-pipeline.js";
import type { PlannedNode } from "./number-plan.js";

/** A value that an action reads although nothing before it writes it. */
export interface UnmetRead {
  readonly level: string;
  readonly action: string;
  readonly slot: string;
  readonly namespace: string;
}

const slotKey = (slot: AnySlot, namespace: string): string => `${slot.namespace ?? namespace}\n${slot.id}`;
const slotsOf = (slots: Slots): readonly AnySlot[] => Object.values(slots);

/** Reads that no earlier action meets: an order that can't work is refused before power is switched. */
export function unmetReads(pipeline: Pipeline): readonly UnmetRead[] {
  const written = new Set<string>();
  const unmet: UnmetRead[] = [];
  const check = (action: AnyAction | undefined, { level, namespace }: PlannedNode): void => {
    if (action) {
      for (const slot of slotsOf(action.reads)) {
        if (slot.optional || written.has(slotKey(slot, namespace))) continue;
        unmet.push({ level, action: action.name, slot: slot.id, namespace: slot.namespace ?? namespace });
      }
      for (const slot of slotsOf(action.writes)) written.add(slotKey(slot, namespace));
    }
  };
  const visit = (node: PlannedNode): void => {
    check(node.action, node);
    node.children.forEach(visit);
    check(node.tail, node);
    if (node.answer) written.add(slotKey(node.answer, node.namespace));
  };
  pipelineRoots(pipeline).forEach(visit);
  return unmet;
}
