import { deploymentData } from "../device/deployment-data.js";
import type { Device } from "../device/device.js";
import type { Job } from "../job/job.js";
import { asText, hasKey } from "../json.js";
import { finalizePlan } from "./finalize.js";
import { numberPlan, type PlannedNode } from "./number-plan.js";
import { prescan } from "./prescan.js";
import { selectStrategy } from "./select-strategy.js";
import type { PlanRequest, Strategy } from "./strategy.js";

/** The whole plan of one job on one device. Frozen data: print it, compare it, draw it, run it. */
export interface Pipeline {
  readonly job: Job;
  readonly device: Device;
  /** One node per block, in job order. */
  readonly blocks: readonly PlannedNode[];
  /** What ends every job: power off, drain the consoles. */
  readonly finalize: PlannedNode;
  /** The highest number of the strategies used; server and worker compare theirs. */
  readonly compatibility: number;
}

/**
 * Selects a strategy for each block and builds the plan. Pure: touches no clock, network, disk or environment.
 * @throws ERR_STRATEGY_UNKNOWN, ERR_STRATEGY_REFUSED, ERR_JOB_INVALID (kind job), ERR_CONSTANT_MISSING (configuration)
 */
export function buildPipeline(job: Job, device: Device, strategies: readonly Strategy[]): Pipeline {
  const scan = prescan(job, device, strategies);
  const seen = new Set<string>();
  let compatibility = 0;
  const blocks = job.blocks.map((block, index) => {
    const strategy = selectStrategy({ block, job, device }, strategies);
    compatibility = Math.max(compatibility, strategy.compatibility);
    const namespace = scan.facts(block.namespace);
    const wantsData =
      block.section === "deploy" &&
      strategy.usesDeploymentData !== false &&
      (namespace.needsDeploymentData || hasKey(block.params, "preseed"));
    const data = wantsData ? deploymentData(asText(block.params.os)) : {};
    const request: PlanRequest = {
      block,
      job,
      device,
      params: block.params,
      namespace,
      deploymentData: data,
      stage: scan.stage(block),
      first(key) {
        const full = `${block.namespace}\n${key}`;
        return !seen.has(full) && Boolean(seen.add(full));
      },
    };
    const node = strategy.plan(request as PlanRequest<never>);
    return numberPlan(node, String(index + 1), {
      job,
      constants: { context: job.context, deploymentData: data, device },
      section: block.section,
      namespace: block.namespace,
      parameters: block.params,
    });
  });
  const finalize = numberPlan(finalizePlan(device), String(blocks.length + 1), {
    job,
    constants: { context: job.context, device },
    section: "finalize",
    namespace: "common",
    parameters: {},
  });
  return Object.freeze({ job, device, blocks: Object.freeze(blocks), finalize, compatibility });
}

/** All root nodes in the order they run. */
export const pipelineRoots = ({ blocks, finalize }: Pipeline): readonly PlannedNode[] => [...blocks, finalize];
