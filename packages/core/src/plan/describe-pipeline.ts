import { type Pipeline, pipelineRoots } from "./build-pipeline.js";
import type { PlannedNode } from "./number-plan.js";

/** A node as `basalt plan --format json`, `description.yaml` and the conformance files show it; timeout in whole seconds. */
export interface NodeDescription {
  readonly name: string;
  readonly level: string;
  readonly max_retries: number;
  readonly timeout: number;
  /** The address a download action fetches, before `static_info` is put in. */
  readonly url?: string;
  /** Left out where there are no children. */
  readonly pipeline?: readonly NodeDescription[];
}

/** A planned node and all below it. */
export function describeNode(node: PlannedNode): NodeDescription {
  const url = node.action?.url;
  return {
    name: node.name,
    level: node.level,
    max_retries: node.maxRetries,
    timeout: Math.floor(node.timeoutMs / 1000),
    ...(url === undefined ? {} : { url }),
    ...(node.children.length === 0 ? {} : { pipeline: node.children.map(describeNode) }),
  };
}

/** The whole plan as plain data. */
export const describePipeline = (pipeline: Pipeline): readonly NodeDescription[] =>
  pipelineRoots(pipeline).map(describeNode);
