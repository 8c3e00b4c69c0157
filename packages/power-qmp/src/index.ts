import {
  asList,
  asText,
  type Clock,
  ClockToken,
  configurationError,
  definePlugin,
  definePowerDriver,
  infrastructureError,
  makePower,
  type PowerOptions,
  type ProcessRunner,
  ProcessRunnerToken,
} from "@basalt/core";
import { hungUp, nobodyListens, type QmpAddress, qmpCommand, readAddress } from "./qmp-client.js";

interface Machine {
  readonly address: QmpAddress;
  readonly shown: string;
  /** Command that starts the machine and returns (`-daemonize`). */
  readonly start: readonly string[];
  readonly clock: Clock;
}

/** So long a machine may take to listen, or to write its disks and go. */
const slowMs = 20_000;

const reached =
  (machine: Machine) =>
  (cause: unknown): never => {
    throw infrastructureError(
      "ERR_POWER_UNREACHABLE",
      `can't reach QEMU at ${machine.shown}: is the machine running, with -qmp there?`,
      { cause },
    );
  };

/** Whether somebody answers. A machine that hangs up is on its way out: it is asked again until nobody listens. */
async function state({ address, clock }: Machine, options: PowerOptions): Promise<"on" | "off"> {
  for (;;) {
    try {
      await qmpCommand(address, "query-status", options);
      return "on";
    } catch (error) {
      options.signal.throwIfAborted();
      if (nobodyListens(error)) return "off";
      if (!hungUp(error)) throw error;
    }
    await clock.sleep(20, { signal: options.signal });
  }
}

async function start(machine: Machine, runner: ProcessRunner, options: PowerOptions): Promise<void> {
  if ((await state(machine, options)) === "on") return;
  if (machine.start.length === 0)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      "power driver qmp can't switch on a machine that does not run: add 'start', the command that starts it",
    );
  const { code, endedBy, stderr } = await runner.run(machine.start, { signal: options.signal });
  if (code !== 0)
    throw infrastructureError(
      "ERR_POWER_REFUSED",
      `${machine.start.join(" ")} ended with ${code ?? endedBy}: ${stderr.trim() || "it printed nothing"}`,
    );
}

/** Ends the machine. */
async function stop(machine: Machine, options: PowerOptions): Promise<void> {
  if ((await state(machine, options)) === "off") return;
  await qmpCommand(machine.address, "quit", options).catch(reached(machine));
}

/** `power: {driver: qmp, socket, start}`: a QEMU machine as if it were a board. */
export const qmp = definePowerDriver({
  name: "qmp",
  schema: {
    type: "object",
    required: ["socket"],
    additionalProperties: false,
    properties: {
      socket: { type: "string", description: "Where QEMU's -qmp listens: a socket file, or host:port." },
      start: {
        type: "array",
        items: { type: "string" },
        minItems: 1,
        description: "Command that starts the machine and returns (use -daemonize), as a list of words.",
      },
      reset: {
        enum: ["system_reset", "restart"],
        default: "system_reset",
        description: "system_reset: QEMU's reset. restart: end the machine and start it again, as when power is cut.",
      },
      off_seconds: {
        type: "number",
        minimum: 0,
        default: 0,
        description: "How long power stays off in a restart, in seconds.",
      },
    },
  },
  create({ config, resolve }) {
    const shown = asText(config.socket) ?? "";
    const clock = resolve(ClockToken);
    const machine: Machine = {
      address: readAddress(shown),
      shown,
      clock,
      start: asList(config.start).flatMap((word) => asText(word) ?? []),
    };
    const runner = resolve(ProcessRunnerToken);
    const restart = asText(config.reset) === "restart";
    return makePower(
      {
        what: `the QEMU machine at ${shown}`,
        on: (options) => start(machine, runner, options),
        off: (options) => stop(machine, options),
        state: (options) => state(machine, options),
        ...(restart
          ? {}
          : {
              async reset(options: PowerOptions) {
                if ((await state(machine, options)) === "off") return start(machine, runner, options);
                await qmpCommand(machine.address, "system_reset", options).catch(reached(machine));
              },
            }),
      },
      {
        clock,
        offMs: (typeof config.off_seconds === "number" ? config.off_seconds : 0) * 1000,
        settleMs: slowMs,
        pollMs: 20,
      },
    );
  },
});

export default definePlugin({ name: "@basalt/power-qmp", power: [qmp] });
