import { BasaltError, type Log, type Power, systemClock } from "@basalt/core";
import { type ContractCheck, demand, leavesNothing, skipped } from "./contract-check.js";
import { endsSoon, failure } from "./settles.js";

/** Makes a driver, or says why there is no such scene. */
export type PowerScene = MakePower | string;

type MakePower = () => Power | Promise<Power>;

export interface PowerContract {
  /** For the names of the checks, where a plugin has several drivers. */
  readonly name?: string;
  /** A driver for a peer that works; called once a check. */
  power(): Power | Promise<Power>;
  /** A driver for a peer that is not there. */
  absent(): Power | Promise<Power>;
  /** Drivers for peers that answer and do not switch, by what is wrong: a wrong password, an answer without sense, a line that breaks. */
  readonly refuses: Readonly<Record<string, MakePower>>;
  /** A driver for a peer that takes the first request and never answers it, and works afterwards. */
  readonly hangsOnce: PowerScene;
  /** A driver for a peer that says yes and switches nothing. Only where the driver can read the state. */
  readonly stuck: PowerScene;
  /** What the peer says of its outlet. */
  isOn(): boolean;
}

const log = { debug() {}, info() {}, warning() {}, error() {}, write() {} } as Log;

/** Long enough for a request to reach a peer on this machine. */
const deadlineMs = 400;

function demandLabsFault(error: unknown, what: string): asserts error is BasaltError {
  demand(error !== undefined, `${what}: it resolved, as if the outlet had been switched`);
  demand(error instanceof BasaltError, `${what}: expected a BasaltError, got ${String(error)}`);
  demand(error.kind === "infrastructure", `${what}: its kind is ${error.kind}, not infrastructure (${error.message})`);
}

async function switches({ power, isOn }: PowerContract, { signal }: AbortController): Promise<void> {
  const driver = await power();
  for (const [call, wanted] of [
    ["on", true],
    ["off", false],
    ["off", false],
    ["reset", true],
    ["on", true],
  ] as const) {
    await driver[call]({ signal, log });
    demand(isOn() === wanted, `after '${call}' the outlet is ${wanted ? "off" : "on"}`);
    const state = await driver.state?.({ signal, log });
    demand(state === undefined || state === (wanted ? "on" : "off"), `after '${call}' state tells ${state}`);
  }
}

/** The checks of a power driver. */
export function powerChecks(contract: PowerContract): readonly ContractCheck[] {
  const { power, absent, refuses, hangsOnce, stuck, isOn } = contract;
  const check = (
    what: string,
    work: (stop: AbortController) => Promise<void>,
    scene: PowerScene = power,
  ): ContractCheck => {
    const name = `power${contract.name === undefined ? "" : ` ${contract.name}`}: ${what}`;
    // listeners are not counted: Node's fetch keeps one on the signal for each request until it is collected
    return typeof scene === "string" ? skipped(name, scene) : { name, run: () => leavesNothing(work) };
  };
  const made = (scene: PowerScene): Power | Promise<Power> => {
    demand(typeof scene !== "string", `can't be checked: ${scene}`);
    return scene();
  };
  return [
    check("on, off and reset do what they say, twice over, and state tells it", (stop) => switches(contract, stop)),
    check("an outlet that can't be reached is the lab's fault", async ({ signal }) => {
      for (const call of ["on", "off", "reset"] as const) {
        const driver = await absent();
        const error = await failure(driver[call]({ signal, log }));
        // for some hardware not to be there is to be off
        if (call === "off" && error === undefined && (await driver.state?.({ signal, log })) === "off") continue;
        demandLabsFault(error, `'${call}' of what is not there`);
      }
    }),
    ...Object.entries(refuses).map(([what, driver]) =>
      check(`a peer that fails is the lab's fault: ${what}`, async ({ signal }) => {
        demandLabsFault(await failure((await driver()).on({ signal, log })), `'on': ${what}`);
        demand(!isOn(), "the outlet is on all the same");
      }),
    ),
    check(
      "an outlet that says yes and does nothing is the lab's fault",
      async ({ signal }) => {
        const error = await failure((await made(stuck)).on({ signal, log }));
        demandLabsFault(error, "'on' of an outlet that is stuck");
        demand(error.code === "ERR_POWER_STATE", `expected ERR_POWER_STATE, got ${error.code}: ${error.message}`);
      },
      stuck,
    ),
    check(
      "a peer that never answers ends with the time limit, and the next attempt switches",
      async (stop) => {
        const driver = await made(hangsOnce);
        using deadline = systemClock.deadline(deadlineMs, "switching");
        const error = await endsSoon(driver.on({ signal: deadline.signal, log }), "'on' that nobody answers");
        demand(
          error === deadline.signal.reason || error instanceof BasaltError,
          `it ended with ${String(error)}, which says nothing of the time limit`,
        );
        await driver.on({ signal: stop.signal, log });
        demand(isOn(), "the second 'on' resolved, but the outlet is off");
      },
      hangsOnce,
    ),
    check("a canceled switch switches nothing", async (stop) => {
      const driver = await power();
      await driver.off({ signal: stop.signal, log });
      stop.abort(new Error("canceled"));
      for (const call of ["on", "reset"] as const)
        await endsSoon(driver[call]({ signal: stop.signal, log }), `'${call}' that was canceled before`);
      demand(!isOn(), "the outlet was switched all the same");
    }),
  ];
}
