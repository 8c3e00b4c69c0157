import {
  type AnySlot,
  type AnyToken,
  type Clock,
  ConnectionsToken,
  type ConnectionTransport,
  type JournalEvent,
  type JsonObject,
  type Plugin,
  PowerToken,
} from "@basalt/core";
import { SimulatedBoard } from "../board/simulated-board.js";
import { FakeConnections } from "../fakes/fake-connections.js";
import type { FakePower } from "../fakes/fake-power.js";
import { fastClock } from "../fakes/fast-clock.js";
import { planOf } from "../plan/plan-of.js";
import { type RanPlan, runPlan } from "../plan/run-plan.js";
import { type ContractCheck, demand, leavesNothing } from "./contract-check.js";

/** A board that the contract can boot: a {@link SimulatedBoard}, or a ScriptedBoard for bootloaders it does not have. */
export interface ContractBoard {
  readonly power: FakePower;
  readonly boots: number;
  connect(): ConnectionTransport;
}

/** Boards that work, say nothing, stop half-way in their first boot only, and whose line breaks half-way. */
export type ContractBoards = Readonly<Record<"works" | "silent" | "hangsOnce" | "drops", () => ContractBoard>>;

export interface BootContract {
  /** With `power_off`, so that the contract can ask for a dark board. */
  readonly device: JsonObject;
  /** Parameters of the boot block, `method` included; the contract adds `failure_retry` where it wants a second attempt. */
  readonly block: JsonObject;
  /** Simulated boards if absent, which know U-Boot and a Debian. */
  readonly boards?: ContractBoards;
  /** Ten times as fast as the job's limits say, if absent. */
  readonly clock?: Clock;
  /** What the deploy blocks before it would have left. */
  readonly slots?: readonly (readonly [AnySlot, unknown])[];
  readonly services?: readonly (readonly [AnyToken, unknown])[];
}

const simulated: ContractBoards = {
  works: () => new SimulatedBoard({ autobootMs: 10 }),
  silent: () => new SimulatedBoard({ autobootMs: 10, faults: [{ kind: "hang", at: "power-on" }] }),
  hangsOnce: () => new SimulatedBoard({ autobootMs: 10, faults: [{ kind: "hang", at: "login", boots: 1 }] }),
  drops: () => new SimulatedBoard({ autobootMs: 10, faults: [{ kind: "drop-console", at: "kernel" }] }),
};

interface Booted extends RanPlan {
  readonly boots: number;
}

interface Booting {
  readonly more?: JsonObject;
  readonly onEvent?: (event: JournalEvent, stop: AbortController) => void;
}

/** Boots one board and, whatever came of it, demands that it is dark, its console closed, and nothing left behind. */
async function bootOn(
  board: ContractBoard,
  plugin: Plugin,
  contract: BootContract,
  { more = {}, onEvent }: Booting = {},
): Promise<Booted> {
  const { device, block, clock = fastClock(10), slots = [], services = [] } = contract;
  let ran: RanPlan | undefined;
  const coresOwn = { listeners: 1 }; // runJob listens for the job being canceled
  await leavesNothing(async (stop) => {
    const connections = new FakeConnections(() => board.connect());
    try {
      const job = {
        job_name: "contract",
        timeouts: { job: { minutes: 5 }, action: { seconds: 20 } },
        actions: [{ boot: { ...block, ...more } }],
      };
      ran = await runPlan(planOf({ job, device, strategies: plugin.strategies ?? [] }), {
        clock,
        slots,
        services: [[PowerToken, board.power], [ConnectionsToken, connections], ...services],
        signal: stop.signal,
        onEvent: (event) => onEvent?.(event, stop),
      });
      demand(!board.power.isOn, "the board is still powered after the job");
      const [opened, closed] = [connections.opened, connections.closed].map((names) => [...names].sort().join(", "));
      demand(opened === closed, `consoles opened: ${opened}; closed: ${closed || "none"}`);
      demand((opened ?? "") !== "", "no console was opened");
    } finally {
      if (board instanceof SimulatedBoard) await board[Symbol.asyncDispose]();
    }
  }, coresOwn);
  return { ...(ran as RanPlan), boots: board.boots };
}

const told = (outcome: RanPlan["outcome"]): string => JSON.stringify(outcome);
const codeOf = ({ outcome }: RanPlan): string | undefined => ("error" in outcome ? outcome.error?.code : undefined);
const kindOf = ({ outcome }: RanPlan): string | undefined => ("error" in outcome ? outcome.error?.kind : undefined);

/** The checks of a boot method; skipped where no board was given. */
export function bootChecks(plugin: Plugin, contract: BootContract | undefined): readonly ContractCheck[] {
  const hasBoot = (plugin.strategies ?? []).some(({ section }) => section === "boot");
  const skip = contract ? undefined : hasBoot ? "no board was given to boot" : "the plugin has no boot method";
  const check = (
    name: string,
    work: (given: BootContract, boards: ContractBoards) => Promise<void>,
  ): ContractCheck => ({
    name: `boot: ${name}`,
    ...(skip === undefined ? {} : { skip }),
    run: async () => {
      demand(contract !== undefined, `${name} can't be checked: ${skip}`);
      await work(contract, contract.boards ?? simulated);
    },
  });
  return [
    check("a board that works boots, and is dark and left alone afterwards", async (given, { works }) => {
      const ran = await bootOn(works(), plugin, given);
      demand(ran.outcome.result === "pass", `it did not pass: ${told(ran.outcome)}`);
    }),
    check("a silent board runs into the time limit of a named action", async (given, { silent }) => {
      const ran = await bootOn(silent(), plugin, given);
      demand(codeOf(ran) === "ERR_ACTION_TIMEOUT", `expected ERR_ACTION_TIMEOUT, got ${told(ran.outcome)}`);
      demand("action" in ran.outcome && !!ran.outcome.action, `no action is named: ${told(ran.outcome)}`);
    }),
    check("a board that hangs once is reset and boots the second time", async (given, { hangsOnce }) => {
      const ran = await bootOn(hangsOnce(), plugin, given, { more: { failure_retry: 2 } });
      demand(ran.outcome.result === "pass", `it did not pass: ${told(ran.outcome)}`);
      demand(ran.boots === 2, `it was booted ${ran.boots} times, not 2`);
    }),
    check("a console that closes is the lab's fault", async (given, { drops }) => {
      const ran = await bootOn(drops(), plugin, given);
      demand(codeOf(ran) === "ERR_CONNECTION_CLOSED", `expected ERR_CONNECTION_CLOSED, got ${told(ran.outcome)}`);
      demand(kindOf(ran) === "infrastructure", `its kind is ${kindOf(ran)}, not infrastructure`);
    }),
    check("a canceled job ends at once, and cleans up", async (given, { silent }) => {
      const board = silent();
      const ran = await bootOn(board, plugin, given, {
        onEvent: (event, stop) => {
          if (event.type === "action-ended" && board.power.isOn) stop.abort(new Error("canceled"));
        },
      });
      demand(ran.outcome.result !== "pass", "a canceled job passed");
      demand(codeOf(ran) !== "ERR_ACTION_TIMEOUT", `it waited for its time limit: ${told(ran.outcome)}`);
    }),
  ];
}
