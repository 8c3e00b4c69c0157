import {
  type AnySlot,
  type AnyToken,
  type Clock,
  ConnectionsToken,
  type ConnectionTransport,
  DownloaderToken,
  FileStoreToken,
  type JournalEvent,
  type JsonObject,
  type Plugin,
  PowerToken,
  ProcessRunnerToken,
  type Section,
} from "@basalt/core";
import { SimulatedBoard } from "../board/simulated-board.js";
import { FakeConnections } from "../fakes/fake-connections.js";
import { FakeDownloader } from "../fakes/fake-downloader.js";
import { FakeFiles } from "../fakes/fake-files.js";
import { FakePower } from "../fakes/fake-power.js";
import { FakeProcessRunner } from "../fakes/fake-process-runner.js";
import { fastClock } from "../fakes/fast-clock.js";
import { fakeSteps } from "../plan/fake-steps.js";
import { planOf } from "../plan/plan-of.js";
import { type RanPlan, runPlan } from "../plan/run-plan.js";
import { demand, leavesNothing } from "./contract-check.js";
import { heldByTools } from "./held-by-tools.js";

/** A board that the contract can run a block on: a {@link SimulatedBoard}, or a ScriptedBoard for what that one does not have. */
export interface ContractBoard {
  readonly power: FakePower;
  readonly boots: number;
  connect(): ConnectionTransport;
}

/** What a block runs against, once: a board, tools, servers. Made anew for each run. */
export interface ContractScene {
  readonly board?: ContractBoard;
  readonly slots?: readonly (readonly [AnySlot, unknown])[];
  readonly services?: readonly (readonly [AnyToken, unknown])[];
  /** Consoles that were opened and closed, by name; those of the board if absent. */
  readonly consoles?: { readonly opened: readonly string[]; readonly closed: readonly string[] };
  /** How often the work was tried, as the far side saw it; the boots of the board if absent. */
  attempts?(): number;
  /** What is still held when the job has ended: mounts, containers, exports. One line each. */
  held?(): readonly string[];
  /** Puts away what the scene itself opened. */
  close?(): Promise<void>;
}

/** How a block of a contract is planned and run, whatever it runs against. */
export interface BlockSetting {
  readonly device: JsonObject;
  /** Parameters of the block, `method` or `to` included; the contract adds `failure_retry` where it wants a second attempt. */
  readonly block: JsonObject;
  /** Blocks before it, as the job writes them; fakeSteps plans `deploy: {to: fake}`, `boot: {method: fake}` and tests. */
  readonly before?: readonly JsonObject[];
  /** Blocks after it: a test makes some methods prepare for it. */
  readonly after?: readonly JsonObject[];
  /** Keys over those of the contract's job, like `context`. */
  readonly job?: JsonObject;
  readonly clock?: Clock;
  /** What the blocks before it would have left. */
  readonly slots?: readonly (readonly [AnySlot, unknown])[];
  readonly services?: readonly (readonly [AnyToken, unknown])[];
}

/** What came of a scene. */
export interface Played extends RanPlan {
  readonly attempts: number;
  readonly power: FakePower;
  /** Any console was opened. */
  readonly hadConsole: boolean;
}

export interface Playing {
  readonly section: Section;
  readonly setting: BlockSetting;
  /** Keys over those of the block. */
  readonly more?: JsonObject;
  readonly onEvent?: (event: JournalEvent, stop: AbortController) => void;
}

const sorted = (names: readonly string[]): string => [...names].sort().join(", ");

/** Paths below none of which the job may leave anything, and that were not there before. */
const strayFiles = ({ files, folders, links, root }: FakeFiles, before: ReadonlySet<string>): readonly string[] =>
  [...files.keys(), ...folders, ...links.keys()].filter(
    (path) => path !== root && !path.startsWith(`${root}/`) && !before.has(path),
  );

const given = <T>(services: readonly (readonly [AnyToken, unknown])[], key: symbol): T | undefined =>
  services.findLast(([token]) => token.key === key)?.[1] as T | undefined;

/** What a job must not leave, whatever came of it. */
function demandTidy(scene: ContractScene, consoles: NonNullable<ContractScene["consoles"]>, ran: RanPlan): void {
  demand(!scene.board?.power.isOn, "the board is still powered after the job");
  const [opened, closed] = [sorted(consoles.opened), sorted(consoles.closed)];
  demand(opened === closed, `consoles opened: ${opened}; closed: ${closed || "none"}`);
  const held = scene.held?.() ?? [];
  demand(held.length === 0, `still held after the job: ${held.join("; ")}`);
  const left = ran.log.find(({ message }) => message.includes("it is left behind"));
  demand(left === undefined, `an action ignores its signal: ${left?.message}`);
  const unclean = ran.log.find(({ message }) => message.startsWith("cleanup: "));
  demand(unclean === undefined, `cleaning up failed: ${unclean?.message}`);
}

/** Runs a block in a scene and, whatever came of it, demands that nothing is left: power, consoles, files, timers, listeners. */
export async function playScene(
  plugin: Plugin,
  scene: ContractScene,
  { section, setting, more = {}, onEvent }: Playing,
): Promise<Played> {
  const { device, block, before: earlier = [], after = [], job = {}, clock = fastClock(40), slots = [] } = setting;
  const fakeFiles = new FakeFiles();
  const services: (readonly [AnyToken, unknown])[] = [
    [FileStoreToken, fakeFiles],
    [DownloaderToken, new FakeDownloader(fakeFiles)],
    ...(setting.services ?? []),
    ...(scene.services ?? []),
  ];
  const files = given<FakeFiles>(services, FileStoreToken.key) ?? fakeFiles;
  const before = new Set([...files.files.keys(), ...files.folders, ...files.links.keys()]);
  const power = scene.board?.power ?? new FakePower();
  const connections = new FakeConnections(scene.board && (() => (scene.board as ContractBoard).connect()));
  const consoles = scene.consoles ?? connections;
  const definition = {
    job_name: "contract",
    timeouts: { job: { minutes: 5 }, action: { seconds: 20 } },
    ...job,
    actions: [...earlier, { [section]: { ...block, ...more } }, ...after],
  };
  let ran: RanPlan | undefined;
  const none = { listeners: 0, actions: true };
  await leavesNothing(async (stop) => {
    try {
      ran = await runPlan(
        planOf({ job: definition, device, strategies: [...(plugin.strategies ?? []), ...fakeSteps] }),
        {
          clock,
          slots: [...slots, ...(scene.slots ?? [])],
          services: [[PowerToken, power], [ConnectionsToken, connections], ...services],
          protocols: plugin.protocols ?? [],
          signal: stop.signal,
          onEvent: (event) => onEvent?.(event, stop),
        },
      );
      demandTidy(scene, consoles, ran);
      const runner = given<FakeProcessRunner>(services, ProcessRunnerToken.key);
      if (runner instanceof FakeProcessRunner) {
        demand(runner.running.length === 0, `still running after the job: ${runner.running.join("; ")}`);
        const held = heldByTools(runner);
        demand(held.length === 0, `still held after the job: ${held.join("; ")}`);
      }
      const stray = files instanceof FakeFiles ? strayFiles(files, before) : [];
      demand(stray.length === 0, `left outside of the job's folder: ${stray.slice(0, 5).join(", ")}`);
    } finally {
      await scene.close?.();
      if (scene.board instanceof SimulatedBoard) await scene.board[Symbol.asyncDispose]();
    }
  }, none);
  const attempts = scene.attempts?.() ?? scene.board?.boots ?? 0;
  return { ...(ran as RanPlan), attempts, power, hadConsole: consoles.opened.length > 0 };
}
