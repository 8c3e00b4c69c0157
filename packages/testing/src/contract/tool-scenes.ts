import { ProcessRunnerToken } from "@basalt/core";
import { FakeProcessRunner } from "../fakes/fake-process-runner.js";
import type { ContractScene } from "./scene.js";
import { type ContractScenes, refusal } from "./scene-checks.js";

export interface ToolScenes {
  /** Teaches the runner what the tools answer when all is well; all programs are found and end with 0 if absent. */
  answers?(runner: FakeProcessRunner): void;
  /** The command line that does the work: in turn it hangs, hangs once and fails. */
  readonly work: RegExp;
  /** What else is there: boards, files, terminals. The runner is added to its services. */
  scene?(runner: FakeProcessRunner): ContractScene;
  /** Scenes in place of those made here, or why there is none. */
  readonly instead?: Partial<ContractScenes>;
}

/** Scenes of a block whose work is done by a program on this machine. */
export function toolScenes({
  answers,
  work,
  scene,
  instead = {},
}: ToolScenes): ContractScenes & Required<Pick<ContractScenes, "refuses">> {
  const make = (change: (runner: FakeProcessRunner) => unknown) => (): ContractScene => {
    const runner = new FakeProcessRunner();
    if (answers) answers(runner);
    else runner.answer(/./);
    change(runner);
    const made = scene?.(runner) ?? {};
    return {
      attempts: () => runner.calls.filter((argv) => work.test(argv.join(" "))).length,
      ...made,
      services: [[ProcessRunnerToken, runner], ...(made.services ?? [])],
    };
  };
  return {
    works: make(() => {}),
    silent: make((runner) => runner.stall(work)),
    hangsOnce: make((runner) => runner.stall(work, 1)),
    refuses: make((runner) => runner.answer(work, { code: 1, stderr: refusal })),
    ...instead,
  };
}
