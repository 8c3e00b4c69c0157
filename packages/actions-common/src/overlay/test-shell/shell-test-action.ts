import { type ActionContext, defineAction, inNamespace, jobError, optional, type PlanRequest } from "@basalt/core";
import { runInShell } from "../../session.js";
import {
  type Overlay,
  OverlaySlot,
  PreTestCommandsSlot,
  type Session,
  SessionSlot,
  type TestRun,
  TestRunsSlot,
} from "../../slots.js";
import { awaitFreeShell } from "./await-free-shell.js";
import { runTestShell } from "./run-test-shell.js";

/** A shell in which a stage's definitions are run. */
export interface StageRequest {
  readonly session: Session;
  readonly overlay: Pick<Overlay, "resultsDir" | "shell">;
  readonly runs: readonly TestRun[];
  readonly stage: number;
  readonly before?: readonly string[];
}

/** Makes the shell ready and runs the stage's definitions in it (lava-dispatcher.md 3.13). */
export async function runStage(request: StageRequest, ctx: ActionContext): Promise<void> {
  const { session, overlay, runs, stage, before = [] } = request;
  const { resultsDir, shell } = overlay;
  await awaitFreeShell(session, ctx);
  // in one line, and checked: every line costs a way to the device and back
  const prepare = [...before, `export SHELL=${shell}`, `. ${resultsDir}/environment`];
  await runInShell(session, prepare.join(" && "), ctx);
  const own = runs.filter((run) => run.stage === stage);
  ctx.log.info(`running ${own.length} test definitions: ${own.map(({ testName }) => testName).join(", ")}`);
  const command = `${resultsDir}/bin/lava-test-runner ${resultsDir}/${stage}`;
  const multinode = ctx.job.protocols.get("lava-multinode");
  await runTestShell({ session, runs: own, stage, command, ...(multinode ? { multinode } : {}) }, ctx);
}

/**
 * Where the overlay of a test block was made: in its own namespace, or in the one whose connection it uses, if only that one deploys.
 */
function overlayNamespace({ block, job }: Pick<PlanRequest, "block" | "job">): string {
  const deploys = job.blocks.some(({ section, namespace }) => section === "deploy" && namespace === block.namespace);
  return deploys ? block.namespace : block.connectionNamespace;
}

/** An action that runs a stage's definitions in the device's shell. */
export function shellTestAction(
  name: string,
  request: Pick<PlanRequest, "block" | "job" | "stage">,
  { needsGroup = false } = {},
) {
  const { block, stage } = request;
  const from = overlayNamespace(request);
  return defineAction({
    name,
    summary: "run the test definitions in the device's shell",
    reads: {
      session: inNamespace(SessionSlot, block.connectionNamespace),
      overlay: inNamespace(OverlaySlot, from),
      runs: inNamespace(TestRunsSlot, from),
      before: optional(inNamespace(PreTestCommandsSlot, from)),
    },
    blameOnTimeout: "test",
    async run({ before, ...stageOf }, ctx) {
      if (needsGroup && !ctx.job.protocols.has("lava-multinode"))
        throw jobError(
          "ERR_PROTOCOL_UNKNOWN",
          "a MultiNode test needs its group's coordinator, and no plugin here talks to one: load one that has protocol 'lava-multinode'",
        );
      await runStage({ ...stageOf, stage, ...(before ? { before } : {}) }, ctx);
    },
  });
}
