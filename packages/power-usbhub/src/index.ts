import {
  asText,
  ClockToken,
  definePlugin,
  definePowerDriver,
  infrastructureError,
  makePower,
  type PowerOptions,
  type ProcessRunner,
  ProcessRunnerToken,
} from "@basalt/core";

interface HubPort {
  /** The hub's place on the bus, as uhubctl prints it: `1-1.4`. */
  readonly location: string;
  readonly port: string;
}

async function uhubctl(
  runner: ProcessRunner,
  { location, port }: HubPort,
  action: "on" | "off" | undefined,
  { signal, log }: PowerOptions,
): Promise<string> {
  const argv = ["uhubctl", "-l", location, "-p", port, ...(action === undefined ? [] : ["-a", action])];
  if ((await runner.find("uhubctl")) === undefined)
    throw infrastructureError(
      "ERR_TOOL_MISSING",
      "uhubctl is not installed on this worker: install Debian's package uhubctl",
    );
  log.debug(`Calling: ${JSON.stringify(argv)}`);
  const { code, endedBy, stdout, stderr } = await runner.run(argv, { signal });
  if (code !== 0)
    throw infrastructureError(
      "ERR_POWER_REFUSED",
      `${argv.join(" ")} ended with ${code ?? endedBy}: ${(stderr || stdout).trim() || "it printed nothing"}`,
    );
  return stdout;
}

/** The last line about the port, like `  Port 2: 0100 power` (on) or `  Port 2: 0000 off`. */
function stateIn(output: string, port: string): "on" | "off" | "unknown" {
  const lines = output.split("\n").filter((line) => new RegExp(`^\\s*Port ${port}:`).test(line));
  const last = lines.at(-1);
  if (last === undefined) return "unknown";
  return /\bpower\b/.test(last) ? "on" : "off";
}

/** `power: {driver: usbhub, location, port}`: a port of a USB hub that can switch its ports. */
export const usbhub = definePowerDriver({
  name: "usbhub",
  schema: {
    type: "object",
    required: ["location", "port"],
    additionalProperties: false,
    properties: {
      location: {
        type: "string",
        pattern: "^[0-9]+-[0-9.]+$",
        description: "The hub's place on the bus, as uhubctl prints it: 1-1.4.",
      },
      port: { type: "integer", minimum: 1, description: "Port of the hub." },
      off_seconds: {
        type: "number",
        minimum: 0,
        default: 3,
        description: "How long power stays off in a reset, in seconds.",
      },
    },
  },
  create({ config, resolve }) {
    const runner = resolve(ProcessRunnerToken);
    const at: HubPort = { location: asText(config.location) ?? "", port: asText(config.port) ?? "" };
    const seconds = typeof config.off_seconds === "number" ? config.off_seconds : 3;
    return makePower(
      {
        what: `port ${at.port} of USB hub ${at.location}`,
        on: async (options) => void (await uhubctl(runner, at, "on", options)),
        off: async (options) => void (await uhubctl(runner, at, "off", options)),
        state: async (options) => stateIn(await uhubctl(runner, at, undefined, options), at.port),
      },
      { clock: resolve(ClockToken), offMs: seconds * 1000 },
    );
  },
});

export default definePlugin({ name: "@basalt/power-usbhub", power: [usbhub] });
