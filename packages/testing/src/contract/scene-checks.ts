import { setImmediate as turn } from "node:timers/promises";
import type { JsonObject, Plugin, Section } from "@basalt/core";
import { type ContractCheck, demand, skipped } from "./contract-check.js";
import { type BlockSetting, type ContractScene, type Played, playScene } from "./scene.js";

/** Makes a scene, or says why this plugin has none of its kind. */
export type SceneMaker = (() => ContractScene) | string;

/** The scenes of a block. Each is made anew for each run. */
export interface ContractScenes {
  /** All is well: the block passes. */
  readonly works: SceneMaker;
  /** Something it waits for never comes: a named action runs out of time. */
  readonly silent: SceneMaker;
  /** As `silent`, in the first attempt only. */
  readonly hangsOnce: SceneMaker;
  /** The console is closed from the other side. Absent: blocks of this kind look at none. */
  readonly drops?: SceneMaker;
  /** A file that the job names is not there. Absent: blocks of this kind fetch none. */
  readonly missing?: SceneMaker;
  /** A tool or machine says no, in the words {@link refusal}. Absent: blocks of this kind ask none. */
  readonly refuses?: SceneMaker;
}

/** What refuses says in the contract's scenes: it must be in the error. */
export const refusal = "E17: the contract wants this to fail";

/** What each check is called, by the scene it plays. */
export type SceneWords = Readonly<Record<keyof ContractScenes | "canceled", string>>;

export interface SceneChecksOptions {
  readonly section: Section;
  readonly setting: BlockSetting;
  readonly scenes: ContractScenes;
  readonly words: SceneWords;
  /** A check of a boot method that never looks at the console proves nothing. */
  readonly needsConsole?: boolean;
}

const told = (outcome: Played["outcome"]): string =>
  "error" in outcome
    ? `${outcome.action ?? "(no action)"}: ${outcome.error.code} (${outcome.error.kind}): ${outcome.error.message}`
    : outcome.result;
const errorOf = ({ outcome }: Played) => ("error" in outcome ? outcome.error : undefined);

function demandPass(ran: Played): void {
  demand(ran.outcome.result === "pass", `it did not pass: ${told(ran.outcome)}`);
}

function demandTimeout(ran: Played): string {
  demand(errorOf(ran)?.code === "ERR_ACTION_TIMEOUT", `expected ERR_ACTION_TIMEOUT, got ${told(ran.outcome)}`);
  const action = "action" in ran.outcome ? ran.outcome.action : undefined;
  demand(action !== undefined, `no action is named: ${told(ran.outcome)}`);
  return action;
}

/** The checks of one block: what it makes of each scene, and that it leaves nothing behind in any. */
export function sceneChecks(
  plugin: Plugin,
  { section, setting, scenes, words, needsConsole = false }: SceneChecksOptions,
): readonly ContractCheck[] {
  const play = async (scene: () => ContractScene, more?: JsonObject): Promise<Played> => {
    const ran = await playScene(plugin, scene(), { section, setting, ...(more ? { more } : {}) });
    demand(!needsConsole || ran.hadConsole, "no console was opened");
    return ran;
  };
  const check = (
    word: keyof SceneWords,
    maker: SceneMaker | undefined,
    work: (make: () => ContractScene) => Promise<void>,
  ): readonly ContractCheck[] => {
    if (maker === undefined) return [];
    const name = `${section} ${nameOf(section, setting.block)}: ${words[word]}`;
    return [typeof maker === "string" ? skipped(name, maker) : { name, run: () => work(maker) }];
  };
  let hangsIn: Promise<string> | undefined; // a run into a time limit takes a while: one serves two checks
  const runOut = (make: () => ContractScene): Promise<string> => {
    hangsIn ??= play(make).then(demandTimeout);
    return hangsIn;
  };
  return [
    ...check("works", scenes.works, async (make) => demandPass(await play(make))),
    ...check("missing", scenes.missing, async (make) => {
      const ran = await play(make);
      const error = errorOf(ran);
      demand(error?.kind === "job", `expected an error of kind job, got ${told(ran.outcome)}`);
      demand(error.message.includes("404 Not Found"), `it does not say what is not there: ${told(ran.outcome)}`);
      demand(
        !("action" in ran.outcome),
        `it is told by an action, when all actions before it have run: ${told(ran.outcome)}`,
      );
      const switched = ran.power.calls.filter((call) => call !== "off");
      demand(switched.length === 0, `the board was switched (${switched.join(", ")}) for a file that is not there`);
    }),
    ...check("refuses", scenes.refuses, async (make) => {
      const ran = await play(make);
      const error = errorOf(ran);
      demand(error !== undefined, "it passed");
      demand(error.kind !== "bug", `it is told as a bug of ours: ${told(ran.outcome)}`);
      demand(error.message.includes(refusal), `the error does not say '${refusal}': ${told(ran.outcome)}`);
      demand("action" in ran.outcome && !!ran.outcome.action, `no action is named: ${told(ran.outcome)}`);
    }),
    ...check("silent", scenes.silent, async (make) => void (await runOut(make))),
    ...check("hangsOnce", scenes.hangsOnce, async (make) => {
      const ran = await play(make, { failure_retry: 2 });
      demandPass(ran);
      demand(ran.attempts === 2, `it was tried ${ran.attempts} times, not 2`);
    }),
    ...check("drops", scenes.drops, async (make) => {
      const ran = await play(make);
      const error = errorOf(ran);
      demand(error?.code === "ERR_CONNECTION_CLOSED", `expected ERR_CONNECTION_CLOSED, got ${told(ran.outcome)}`);
      demand(error.kind === "infrastructure", `its kind is ${error.kind}, not infrastructure`);
    }),
    ...check("canceled", scenes.silent, async (make) => {
      const waiting = await runOut(make);
      const ran = await playScene(plugin, make(), {
        section,
        setting,
        async onEvent(event, stop) {
          if (event.type !== "action-started" || event.name !== waiting) return;
          for (let turns = 0; turns < 20; turns++) await turn(); // until it waits
          stop.abort(new Error("canceled"));
        },
      });
      demand(errorOf(ran)?.kind === "canceled", `canceled in ${waiting}, it ended with ${told(ran.outcome)}`);
    }),
  ];
}

/** What the block is about: its method, or the first of its keys. */
const nameOf = (section: Section, block: JsonObject): string => {
  const key = { deploy: "to", boot: "method", command: "name", test: undefined }[section];
  return String(key === undefined ? Object.keys(block)[0] : block[key]);
};
