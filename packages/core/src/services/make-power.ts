import type { Clock } from "../clock.js";
import { infrastructureError } from "../errors.js";
import type { Power, PowerOptions } from "./power.js";

/** What a power driver can do; {@link makePower} adds the hard reset and the reading back. */
export interface PowerSwitch {
  /** What is switched, for logs and errors: `outlet 3 of pdu-2`. */
  readonly what: string;
  on(options: PowerOptions): Promise<void>;
  off(options: PowerOptions): Promise<void>;
  /** The hardware's own reset, where it has one. */
  reset?(options: PowerOptions): Promise<void>;
  /** What the hardware says. Absent where it can't be asked. */
  state?(options: PowerOptions): Promise<"on" | "off" | "unknown">;
}

export interface MakePowerOptions {
  readonly clock: Clock;
  /** How long power stays off in a reset, in milliseconds: supplies hold their charge for a while. */
  readonly offMs?: number;
  /** How long the hardware may take to show its new state, in milliseconds. */
  readonly settleMs?: number;
  /** Between two readings of the state, in milliseconds. */
  readonly pollMs?: number;
}

/**
 * A {@link Power} from a driver's switch. Where the state can be read, it is read back after a switch: an outlet that says yes and
 * does nothing is ERR_POWER_STATE (infrastructure), not a timeout later on.
 */
export function makePower(
  driver: PowerSwitch,
  { clock, offMs = 2_000, settleMs = 5_000, pollMs = 200 }: MakePowerOptions,
): Power {
  const confirm = async (wanted: "on" | "off", options: PowerOptions): Promise<void> => {
    if (!driver.state) return;
    const endsAt = clock.monotonic() + settleMs;
    for (;;) {
      const state = await driver.state(options);
      if (state === wanted) return;
      if (state === "unknown")
        return options.log.warning(`${driver.what} does not tell its state: can't check that it is ${wanted}`);
      if (clock.monotonic() >= endsAt)
        throw infrastructureError(
          "ERR_POWER_STATE",
          `${driver.what} accepted '${wanted}', but ${settleMs / 1000} s later it still reads '${state}': check the relay`,
        );
      await clock.sleep(pollMs, { signal: options.signal });
    }
  };
  const turn = async (wanted: "on" | "off", options: PowerOptions): Promise<void> => {
    options.log.debug(`switching ${driver.what} ${wanted}`);
    await driver[wanted](options);
    await confirm(wanted, options);
  };
  return Object.freeze({
    on: (options) => turn("on", options),
    off: (options) => turn("off", options),
    async reset(options) {
      if (driver.reset) {
        options.log.debug(`resetting ${driver.what}`);
        await driver.reset(options);
        return confirm("on", options);
      }
      await turn("off", options);
      await options.whileOff?.();
      await clock.sleep(offMs, { signal: options.signal });
      await turn("on", options);
    },
    ...(driver.state
      ? { state: (options: PowerOptions) => (driver.state as NonNullable<PowerSwitch["state"]>)(options) }
      : {}),
  } satisfies Power);
}
