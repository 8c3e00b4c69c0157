import type { Plugin } from "@basalt/core";
import { SimulatedBoard } from "../board/simulated-board.js";
import { fastClock } from "../fakes/fast-clock.js";
import type { ContractCheck } from "./contract-check.js";
import type { BlockSetting, ContractBoard, ContractScene } from "./scene.js";
import { type ContractScenes, type SceneWords, sceneChecks } from "./scene-checks.js";

/** Boards that work, say nothing, stop half-way in their first boot only, and whose line breaks half-way. */
export type ContractBoards = Readonly<
  Record<"works" | "silent" | "hangsOnce" | "drops", () => ContractBoard | ContractScene>
>;

export interface BootContract extends BlockSetting {
  /** Simulated boards if absent, which know U-Boot and a Debian. */
  readonly boards?: ContractBoards;
  /** In place of boards, for methods whose work is a tool's; see toolScenes. */
  readonly scenes?: ContractScenes;
}

const simulated: ContractBoards = {
  works: () => new SimulatedBoard({ autobootMs: 10 }),
  silent: () => new SimulatedBoard({ autobootMs: 10, faults: [{ kind: "hang", at: "power-on" }] }),
  hangsOnce: () => new SimulatedBoard({ autobootMs: 10, faults: [{ kind: "hang", at: "login", boots: 1 }] }),
  drops: () => new SimulatedBoard({ autobootMs: 10, faults: [{ kind: "drop-console", at: "kernel" }] }),
};

const words: SceneWords = {
  works: "a board that works boots, and is dark and left alone afterwards",
  missing: "a file that is not there is the job's fault",
  refuses: "a tool that fails is told in its own words",
  silent: "a silent board runs into the time limit of a named action",
  hangsOnce: "a board that hangs once is reset and boots the second time",
  drops: "a console that closes is the lab's fault",
  canceled: "a canceled job ends at once, and cleans up",
};

/** Scenes of boards. */
export function boardScenes(boards: ContractBoards): ContractScenes {
  const scene = (make: () => ContractBoard | ContractScene) => (): ContractScene => {
    const made = make();
    return "connect" in made ? { board: made } : made;
  };
  return {
    works: scene(boards.works),
    silent: scene(boards.silent),
    hangsOnce: scene(boards.hangsOnce),
    drops: scene(boards.drops),
  };
}

/** The checks of a boot method. */
export function bootChecks(plugin: Plugin, contract: BootContract): readonly ContractCheck[] {
  const { boards, scenes, ...setting } = contract;
  // a simulated board is a real shell: it needs time of its own
  const clock = setting.clock ?? fastClock(boards || scenes ? 40 : 10);
  return sceneChecks(plugin, {
    section: "boot",
    setting: { ...setting, clock },
    scenes: scenes ?? boardScenes(boards ?? simulated),
    words,
    needsConsole: scenes === undefined,
  });
}
