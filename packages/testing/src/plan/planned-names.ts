import type { JsonObject, Strategy } from "@basalt/core";
import { planOf, planText } from "./plan-of.js";

export interface PlannedNames {
  /** The job's blocks as it writes them: `{deploy: {to: ...}}`. */
  readonly actions: readonly JsonObject[];
  readonly device: JsonObject;
  readonly strategies: readonly Strategy[];
  /** Whose nodes, counted from 1; those of the first if absent. Several may be named. */
  readonly of?: number | readonly number[];
}

/** Names of the nodes of a job's block, outer ones first, in the order in which they run. */
export function plannedNames({ actions, device, strategies, of = 1 }: PlannedNames): readonly string[] {
  const job = { job_name: "plan", timeouts: { job: { hours: 1 } }, actions };
  const wanted = typeof of === "number" ? [of] : of;
  return planText(planOf({ job, device, strategies }))
    .split("\n")
    .flatMap((line) => {
      const [, block, name] = /^ *(\d+)[.\d]* (\S+)/.exec(line) ?? [];
      return name !== undefined && wanted.includes(Number(block)) ? [name] : [];
    });
}
