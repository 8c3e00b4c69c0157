import {
  OverlaySlot,
  PreTestCommandsSlot,
  runInShell,
  runTestShell,
  SessionSlot,
  sendLine,
  TestRunsSlot,
  waitForPrompt,
} from "@basalt/actions-common";
import { defineAction, inNamespace, optional, type PlanRequest } from "@basalt/core";

/**
 * Where the overlay of a test block was made: in its own namespace, or in the one whose connection it uses, if only that one deploys.
 */
function overlayNamespace({ block, job }: Pick<PlanRequest, "block" | "job">): string {
  const deploys = job.blocks.some(({ section, namespace }) => section === "deploy" && namespace === block.namespace);
  return deploys ? block.namespace : block.connectionNamespace;
}

/** `lava-test-shell`: runs a stage's definitions in the device's shell. */
export function testShellAction(request: Pick<PlanRequest, "block" | "job" | "stage">) {
  const { block, stage } = request;
  const from = overlayNamespace(request);
  return defineAction({
    name: "lava-test-shell",
    summary: "run the test definitions in the device's shell",
    reads: {
      session: inNamespace(SessionSlot, block.connectionNamespace),
      overlay: inNamespace(OverlaySlot, from),
      runs: inNamespace(TestRunsSlot, from),
      before: optional(inNamespace(PreTestCommandsSlot, from)),
    },
    blameOnTimeout: "test",
    async run({ before, overlay, runs, session }, ctx) {
      const { resultsDir, shell } = overlay;
      const type = async (line: string): Promise<void> => {
        await sendLine(session, line, ctx);
        await waitForPrompt(session, ctx);
      };
      await type("#");
      for (const command of before ?? []) await type(command);
      await type(`export SHELL=${shell}`);
      await runInShell(session, `. ${resultsDir}/environment`, ctx);
      const own = runs.filter((run) => run.stage === stage);
      ctx.log.info(`running ${own.length} test definitions: ${own.map(({ testName }) => testName).join(", ")}`);
      const command = `${resultsDir}/bin/lava-test-runner ${resultsDir}/${stage}`;
      await runTestShell({ session, runs: own, stage, command }, ctx);
    },
  });
}
