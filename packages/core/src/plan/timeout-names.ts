import { closest } from "../closest.js";
import { asObject, type Json } from "../json.js";
import { isSplit } from "../schema/multinode-checks.js";
import { mostFindings, placeFindings } from "../schema/place-findings.js";
import type { Finding, ValidationResult } from "../schema/problem.js";
import type { CheckedDocument } from "../schema/validate-job.js";
import type { YamlPath } from "../yaml/path.js";
import { type Pipeline, pipelineRoots } from "./build-pipeline.js";
import type { PlannedNode } from "./number-plan.js";

const namesOf = (nodes: readonly PlannedNode[]): readonly string[] =>
  nodes.flatMap((node) => [node.name, ...namesOf(node.children)]);

/** Times for actions that are not among those planned. */
function unmatched(
  path: YamlPath,
  named: Json | undefined,
  { of, nodes }: { readonly of: string; readonly nodes: readonly PlannedNode[] },
): readonly Finding[] {
  const wanted = Object.keys(asObject(named));
  if (wanted.length === 0) return [];
  const known = new Set(namesOf(nodes));
  // the first only: to find the word that was meant takes time for each
  return wanted
    .filter((name) => !known.has(name))
    .slice(0, mostFindings)
    .map((name) => {
      const near = closest(name, known);
      return {
        severity: "warning",
        code: "ERR_JOB_TIMEOUT",
        path: [...path, name],
        at: "key",
        expected: near ?? "the name of an action: 'basalt plan' shows them",
        message: `no action of ${of} is called ${name}, so its time means nothing${near ? `; did you mean ${near}?` : ""}`,
      };
    });
}

/**
 * Names in a job's `timeouts.actions` and `timeouts.connections`, and in its blocks' `timeouts`, that no action of the plan has. LAVA ignores
 * them, and a mistyped one leaves its action with a time that nobody chose: a warning, with `strict` an error.
 */
export async function checkTimeoutNames(
  document: Pick<CheckedDocument, "file" | "locator">,
  pipeline: Pipeline,
  { strict }: { readonly strict: boolean },
): Promise<ValidationResult> {
  const { blocks, job } = pipeline;
  const timeouts = asObject(job.definition.timeouts);
  const whole = { of: "this plan", nodes: pipelineRoots(pipeline) };
  const findings = [
    // what a server splits off a MultiNode job has the times of the other roles, too
    ...(isSplit(job.definition)
      ? []
      : (["actions", "connections"] as const).flatMap((kind) => unmatched(["timeouts", kind], timeouts[kind], whole))),
    ...job.blocks.flatMap(({ index, section, params }, at) =>
      unmatched(["actions", index, section, "timeouts"], params.timeouts, {
        of: "this block",
        nodes: blocks.slice(at, at + 1),
      }),
    ),
  ];
  const told = strict ? findings.map((finding) => ({ ...finding, severity: "error" as const })) : findings;
  return placeFindings({ ...document, warnings: [] }, told, "ERR_JOB_REPEATED_KEY");
}
