import {
  asText,
  ClockToken,
  configurationError,
  definePlugin,
  definePowerDriver,
  displayUrl,
  infrastructureError,
  type JsonObject,
  makePower,
  type PowerOptions,
} from "@basalt/core";

interface Outlet {
  readonly url: string;
  /** The PDU's name in pdudaemon's configuration. */
  readonly hostname: string;
  readonly port: string;
}

function readOutlet(config: JsonObject): Outlet {
  const url = asText(config.url) ?? "http://localhost:16421";
  if (displayUrl(url) !== url)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `power driver pdudaemon: ${displayUrl(url)} has a user or password, and pdudaemon knows none: take them out of 'url'`,
    );
  return {
    url: url.replace(/\/+$/, ""),
    hostname: asText(config.hostname) ?? "",
    port: asText(config.port) ?? "",
  };
}

/** pdudaemon answers at once and switches a little later: its request is queued, and there is no way to ask for the state. */
async function send(
  { url, hostname, port }: Outlet,
  command: "on" | "off" | "reboot",
  { signal, log }: PowerOptions,
): Promise<void> {
  const address = `${url}/power/control/${command}?${new URLSearchParams({ hostname, port })}`;
  const unreachable = (cause: unknown): never => {
    signal.throwIfAborted(); // a timeout stays a timeout
    throw infrastructureError(
      "ERR_POWER_UNREACHABLE",
      `can't reach pdudaemon at ${url}: is it running, with an HTTP listener?`,
      { cause },
    );
  };
  const response = await fetch(address, { signal }).catch(unreachable);
  const answer = (await response.text().catch(unreachable)).trim();
  log.debug(`pdudaemon: ${response.status} ${answer}`);
  if (!response.ok)
    throw infrastructureError(
      "ERR_POWER_REFUSED",
      `pdudaemon refused '${command}' for port ${port} of ${hostname}: ${response.status} ${answer || "(no text)"}`,
    );
}

/** `power: {driver: pdudaemon, url, hostname, port}`. */
export const pdudaemon = definePowerDriver({
  name: "pdudaemon",
  schema: {
    type: "object",
    required: ["hostname", "port"],
    additionalProperties: false,
    properties: {
      url: {
        type: "string",
        format: "uri",
        default: "http://localhost:16421",
        description: "Address of pdudaemon's HTTP listener.",
      },
      hostname: { type: "string", description: "Name of the PDU in pdudaemon's configuration." },
      port: { type: ["string", "integer"], description: "Port (outlet) of the PDU." },
      off_seconds: {
        type: "number",
        minimum: 0,
        default: 5,
        description: "How long power stays off in a reset, in seconds.",
      },
    },
  },
  create({ config, resolve }) {
    const outlet = readOutlet(config);
    const seconds = typeof config.off_seconds === "number" ? config.off_seconds : 5;
    return makePower(
      {
        what: `port ${outlet.port} of ${outlet.hostname}`,
        on: (options) => send(outlet, "on", options),
        off: (options) => send(outlet, "off", options),
      },
      { clock: resolve(ClockToken), offMs: seconds * 1000 },
    );
  },
});

export default definePlugin({ name: "@basalt/power-pdudaemon", power: [pdudaemon] });
