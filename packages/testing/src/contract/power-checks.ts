import { BasaltError, type Log, type Plugin, type Power } from "@basalt/core";
import { type ContractCheck, demand, leavesNothing } from "./contract-check.js";

export interface PowerContract {
  /** A driver for a peer that works; called once a check. */
  power(): Power;
  /** A driver for a peer that is not there. */
  absent(): Power;
  /** What the peer says of its outlet. */
  isOn(): boolean;
}

const log = { debug() {}, info() {}, warning() {} } as unknown as Log;

/** What `call` rejects with. */
async function failure(call: Promise<void>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** The checks of a power driver; skipped where no peer was given. */
export function powerChecks(plugin: Plugin, contract: PowerContract | undefined): readonly ContractCheck[] {
  const skip = contract
    ? undefined
    : (plugin.power ?? []).length > 0
      ? "no peer was given to switch"
      : "the plugin has no power driver";
  const check = (
    name: string,
    work: (given: PowerContract, stop: AbortController) => Promise<void>,
  ): ContractCheck => ({
    name: `power: ${name}`,
    ...(skip === undefined ? {} : { skip }),
    // listeners are not counted: Node's fetch keeps one on the signal for each request until it is collected
    run: () =>
      leavesNothing(async (stop) => {
        demand(contract !== undefined, `${name} can't be checked: ${skip}`);
        await work(contract, stop);
      }),
  });
  return [
    check("on, off and reset do what they say, and state tells it", async ({ power, isOn }, { signal }) => {
      const driver = power();
      for (const [call, wanted] of [
        ["on", true],
        ["off", false],
        ["reset", true],
      ] as const) {
        await driver[call]({ signal, log });
        demand(isOn() === wanted, `after '${call}' the outlet is ${wanted ? "off" : "on"}`);
        const state = await driver.state?.({ signal, log });
        demand(state === undefined || state === (wanted ? "on" : "off"), `after '${call}' state tells ${state}`);
      }
    }),
    check("an outlet that can't be reached is the lab's fault", async ({ absent }, { signal }) => {
      const error = await failure(absent().on({ signal, log }));
      demand(error instanceof BasaltError, `expected a BasaltError, got ${String(error)}`);
      demand(error.kind === "infrastructure", `its kind is ${error.kind}, not infrastructure`);
    }),
    check("a canceled switch switches nothing", async ({ power, isOn }, stop) => {
      const driver = power();
      await driver.off({ signal: stop.signal, log });
      stop.abort(new Error("canceled"));
      demand((await failure(driver.on({ signal: stop.signal, log }))) !== undefined, "it did not reject");
      demand(!isOn(), "the outlet was switched all the same");
    }),
  ];
}
