import type { Device } from "../device/device.js";
import type { Block, Job } from "../job/job.js";
import { selectStrategy } from "./select-strategy.js";
import type { NamespaceFacts, PlannedTest, Strategy, TestTraits } from "./strategy.js";

const noTraits: TestTraits = { needsOverlay: false, needsDeploymentData: false, hasShell: false };
const nothing: NamespaceFacts = { ...noTraits, tests: [] };

/** What the tests of each namespace need, known before anything is planned (lava-dispatcher.md 3.2, step 3). */
export interface Prescan {
  facts(namespace: string): NamespaceFacts;
  stage(block: Block): number;
}

/** Looks through all test blocks of a job. Pure. */
export function prescan(job: Job, device: Device, strategies: readonly Strategy[]): Prescan {
  const tests = new Map<string, PlannedTest[]>();
  const stages = new Map<Block, number>();
  const nextStage = new Map<string, number>();
  const record = (namespace: string, test: PlannedTest): void => {
    tests.set(namespace, [...(tests.get(namespace) ?? []), test]);
  };
  for (const block of job.blocks) {
    if (block.section !== "test") continue;
    const strategy = selectStrategy({ block, job, device }, strategies);
    const traits = strategy.traits?.(block) ?? noTraits;
    const stage = nextStage.get(block.namespace) ?? 0;
    stages.set(block, stage);
    if (traits.needsOverlay) nextStage.set(block.namespace, stage + 1);
    record(block.namespace, { block, traits, stage });
    if (block.connectionNamespace !== block.namespace) record(block.connectionNamespace, { block, traits, stage });
  }
  return {
    stage: (block) => stages.get(block) ?? 0,
    facts(namespace) {
      const found = tests.get(namespace);
      if (!found) return nothing;
      const any = (trait: keyof TestTraits): boolean => found.some(({ traits }) => traits[trait]);
      return {
        tests: found,
        needsOverlay: any("needsOverlay"),
        needsDeploymentData: any("needsDeploymentData"),
        hasShell: any("hasShell"),
      };
    },
  };
}
