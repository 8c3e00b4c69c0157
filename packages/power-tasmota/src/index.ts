import {
  asObject,
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

interface Socket {
  readonly url: string;
  /** `Power`, or `Power2` for the second relay. */
  readonly relay: string;
  readonly user?: string;
  readonly password?: string;
}

function readSocket(config: JsonObject): Socket {
  const url = asText(config.url);
  if (url === undefined)
    throw configurationError("ERR_DEVICE_INVALID", "power driver tasmota needs 'url', like http://192.168.1.20");
  if (displayUrl(url) !== url)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `power driver tasmota: ${displayUrl(url)} has a user or password: give them as 'user' and 'password'`,
    );
  const number = asText(config.relay);
  const [user, password] = [asText(config.user), asText(config.password)];
  return {
    url: url.replace(/\/+$/, ""),
    relay: number === undefined ? "Power" : `Power${number}`,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  };
}

/** What the socket says, by key; nothing where it is no Tasmota that answers. */
function readAnswer(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Sends a command; Tasmota answers with the relay's state, like `{"POWER":"ON"}`. */
async function send(
  { url, relay, user, password }: Socket,
  state: "on" | "off" | "",
  { signal }: PowerOptions,
): Promise<"on" | "off" | "unknown"> {
  const query = new URLSearchParams({
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    cmnd: `${relay} ${state}`.trim(),
  });
  const unreachable = (cause: unknown): never => {
    signal.throwIfAborted(); // a timeout stays a timeout
    throw infrastructureError("ERR_POWER_UNREACHABLE", `can't reach the Tasmota socket at ${url}`, { cause });
  };
  const response = await fetch(`${url}/cm?${query}`, { signal }).catch(unreachable);
  const text = await response.text().catch(unreachable);
  if (!response.ok)
    throw infrastructureError(
      "ERR_POWER_REFUSED",
      `the Tasmota socket at ${url} answered ${response.status} to '${relay} ${state}'${response.status === 401 ? ": check user and password" : ""}`,
    );
  const said = Object.entries(readAnswer(text)).find(
    ([key]) =>
      key.toLowerCase() === relay.toLowerCase() ||
      (relay === "Power" && key === "POWER1") ||
      (relay === "Power1" && key === "POWER"),
  )?.[1];
  if (said === "ON") return "on";
  if (said === "OFF") return "off";
  if (state !== "")
    throw infrastructureError(
      "ERR_POWER_REFUSED",
      `the Tasmota socket at ${url} answered '${text.trim()}' to '${relay} ${state}'`,
    );
  return "unknown";
}

/** `power: {driver: tasmota, url, relay}`. */
export const tasmota = definePowerDriver({
  name: "tasmota",
  schema: {
    type: "object",
    required: ["url"],
    additionalProperties: false,
    properties: {
      url: { type: "string", format: "uri", description: "Address of the socket's web server." },
      relay: {
        type: "integer",
        minimum: 1,
        maximum: 32,
        description: "Number of the relay, for sockets with several.",
      },
      user: { type: "string", description: "User of the web server, where it has a password." },
      password: { type: "string", description: "Password of the web server." },
      off_seconds: {
        type: "number",
        minimum: 0,
        default: 2,
        description: "How long power stays off in a reset, in seconds.",
      },
    },
  },
  create({ config, resolve }) {
    const socket = readSocket(config);
    const seconds = typeof config.off_seconds === "number" ? config.off_seconds : 2;
    return makePower(
      {
        what: `${socket.relay} of ${socket.url}`,
        on: async (options) => void (await send(socket, "on", options)),
        off: async (options) => void (await send(socket, "off", options)),
        state: (options) => send(socket, "", options),
      },
      { clock: resolve(ClockToken), offMs: seconds * 1000 },
    );
  },
});

export default definePlugin({ name: "@basalt/power-tasmota", power: [tasmota] });
