import type { AnyAction, AnySlot, Pipeline, PlannedNode } from "@basalt/core";

/** What actions wrote: values by slot id, by namespace. */
export type WrittenSlots = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** The same pipeline, whose actions also note down what they write. */
export function recordOutputs(pipeline: Pipeline): { readonly pipeline: Pipeline; readonly slots: WrittenSlots } {
  const slots = new Map<string, Map<string, unknown>>();
  const note = (action: AnyAction, output: unknown, namespace: string): void => {
    for (const [key, slot] of Object.entries<AnySlot>(action.writes)) {
      const where = slot.namespace ?? namespace;
      const held = slots.get(where) ?? new Map<string, unknown>();
      slots.set(where, held.set(slot.id, (output as Record<string, unknown> | undefined)?.[key]));
    }
  };
  const wrap = (action: AnyAction, namespace: string): AnyAction => ({
    ...action,
    async run(input, ctx) {
      const output = await action.run(input, ctx);
      note(action, output, namespace);
      return output;
    },
  });
  const visit = (node: PlannedNode): PlannedNode => ({
    ...node,
    ...(node.action ? { action: wrap(node.action, node.namespace) } : {}),
    ...(node.tail ? { tail: wrap(node.tail, node.namespace) } : {}),
    children: node.children.map(visit),
  });
  return { pipeline: { ...pipeline, blocks: pipeline.blocks.map(visit), finalize: visit(pipeline.finalize) }, slots };
}
