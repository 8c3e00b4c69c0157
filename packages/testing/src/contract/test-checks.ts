import { type AnySlot, Console, type Plugin, type Section } from "@basalt/core";
import type { ContractCheck } from "./contract-check.js";
import type { BlockSetting, ContractBoard, ContractScene } from "./scene.js";
import { type ContractScenes, type SceneWords, sceneChecks } from "./scene-checks.js";

export interface TestContract extends BlockSetting {
  /** See sessionScenes for tests on the device's console, toolScenes for those on this machine. */
  readonly scenes: ContractScenes;
}

const testWords: SceneWords = {
  works: "a test that passes passes",
  missing: "a file that is not there is the job's fault",
  refuses: "a tool that fails is told in its own words",
  silent: "a device or tool that falls silent runs into the time limit of a named action",
  hangsOnce: "what hangs once is done the second time",
  drops: "a console that closes is the lab's fault",
  canceled: "a canceled job ends at once, and cleans up",
};

/** Boards that run a test, fall silent in it, fall silent in the first attempt only, and whose line breaks in it. All are powered and logged in to. */
export type SessionBoards = Readonly<Record<"works" | "silent" | "drops", () => Switched>> &
  Readonly<{ hangsOnce: (() => Switched) | string }>;

/** A board that can be switched on by hand. */
type Switched = ContractBoard & { powerOn(): void };
type SlotsOf = (console: Console) => readonly (readonly [AnySlot, unknown])[];

/** A board that is powered and logged in to. `slots` tells the block of it: the session, and what else it reads. */
export function sessionScene(board: Switched, slots: SlotsOf): ContractScene {
  const line = board.connect();
  const console = new Console(line);
  board.powerOn();
  return {
    slots: slots(console),
    async close() {
      await console[Symbol.asyncDispose]();
      await line[Symbol.asyncDispose]();
    },
  };
}

/** Scenes of a test on the console that a boot block left. */
export function sessionScenes(boards: SessionBoards, slots: SlotsOf): ContractScenes {
  const scene = (make: () => Switched) => () => sessionScene(make(), slots);
  const { hangsOnce } = boards;
  return {
    works: scene(boards.works),
    silent: scene(boards.silent),
    drops: scene(boards.drops),
    hangsOnce: typeof hangsOnce === "string" ? hangsOnce : scene(hangsOnce),
  };
}

/** The checks of a kind of test, or of a command. */
export function testChecks(
  plugin: Plugin,
  { scenes, ...setting }: TestContract,
  section: Extract<Section, "test" | "command"> = "test",
): readonly ContractCheck[] {
  const words = section === "test" ? testWords : { ...testWords, works: "a command that works passes" };
  return sceneChecks(plugin, { section, setting, scenes, words });
}
