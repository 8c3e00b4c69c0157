import type { BasaltError } from "../errors.js";
import type { Json } from "../json.js";
import type { PlannedNode } from "../plan/number-plan.js";
import type { JobRun } from "./job-run.js";

interface Ended {
  readonly ms: number;
  readonly extra: ReadonlyMap<string, Json>;
  readonly error: BasaltError | undefined;
}

/** The `lava.<action>` result: of every action with work of its own, every retry, and every node that failed. */
export function reportAction(node: PlannedNode, run: JobRun, { ms, extra, error }: Ended): void {
  if (!node.action && !node.tail && node.kind !== "retry" && !error) return;
  run.report({
    definition: "lava",
    case: node.name,
    result: error ? "fail" : "pass",
    namespace: node.namespace,
    level: node.level,
    duration: (ms / 1000).toFixed(2),
    ...(extra.size > 0 ? { extra: Object.fromEntries(extra) } : {}),
  });
}
