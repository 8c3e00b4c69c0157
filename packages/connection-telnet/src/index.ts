import {
  asText,
  type Clock,
  ClockToken,
  type ConnectionTransport,
  configurationError,
  defineConnectionDriver,
  definePlugin,
  infrastructureError,
  type JsonObject,
  rejectOnAbort,
} from "@basalt/core";
import { openSocket } from "./connect.js";
import { readSerialSettings, SerialNegotiation } from "./serial-settings.js";
import { type SocketConsole, socketConsole } from "./socket-transport.js";
import { comPort, TelnetCodec } from "./telnet-codec.js";

const same = (bytes: Uint8Array): Uint8Array => bytes;

function readTarget(config: JsonObject): { readonly host: string; readonly port: number } {
  const host = asText(config.host);
  const port = Number(config.port);
  if (host === undefined || !Number.isInteger(port))
    throw configurationError("ERR_DEVICE_INVALID", "a telnet connection needs 'host' and 'port'");
  return { host, port };
}

/** A console server turns a second user away at once: so long it is waited for, so that no job touches a board that somebody else uses. */
const refusalMs = 100;

async function admittedTransport(
  { transport, admitted }: SocketConsole,
  clock: Clock,
  signal: AbortSignal,
): Promise<ConnectionTransport> {
  try {
    await admitted(clock, refusalMs);
    signal.throwIfAborted();
    return transport;
  } catch (error) {
    await transport[Symbol.asyncDispose]();
    throw error;
  }
}

/** `connection: {driver: telnet, host, port, protocol: raw | telnet | rfc2217}`. */
export const telnet = defineConnectionDriver({
  name: "telnet",
  schema: {
    type: "object",
    required: ["host", "port"],
    additionalProperties: false,
    properties: {
      host: { type: "string", description: "The console server's name or address." },
      port: { type: "integer", minimum: 1, maximum: 65535, description: "TCP port of this console." },
      protocol: {
        enum: ["raw", "telnet", "rfc2217"],
        default: "telnet",
        description: "raw: bytes as they are. telnet: RFC 854. rfc2217: telnet that also sets the serial port.",
      },
      baud: { type: "integer", minimum: 1, default: 115200, description: "rfc2217: bits per second." },
      data_bits: { enum: [5, 6, 7, 8], default: 8, description: "rfc2217: bits a character." },
      parity: { enum: ["none", "odd", "even", "mark", "space"], default: "none", description: "rfc2217: parity." },
      stop_bits: { enum: [1, 2], default: 1, description: "rfc2217: stop bits." },
    },
  },
  async open({ connection: { config }, resolve, signal }) {
    const { host, port } = readTarget(config);
    const what = `${host} port ${port}`;
    const protocol = asText(config.protocol) ?? "telnet";
    const socket = await openSocket(host, port, signal);
    const clock = resolve(ClockToken);
    if (protocol === "raw")
      return admittedTransport(socketConsole(socket, { what, encode: same, decode: same }), clock, signal);
    const serial = protocol === "rfc2217" ? new SerialNegotiation(readSerialSettings(config)) : undefined;
    const codec: TelnetCodec = new TelnetCodec({
      extra: serial ? [comPort] : [],
      write: (bytes) => void socket.write(bytes),
      onAgreed: (option) => option === comPort && serial?.request(codec),
      onSubnegotiation: (message) => serial?.receive(message),
    });
    const console = socketConsole(socket, {
      what,
      encode: (bytes) => codec.encode(bytes),
      decode: (bytes) => codec.decode(bytes),
    });
    const { transport } = console;
    if (!serial) return admittedTransport(console, clock, signal);
    codec.offer(comPort);
    const { promise: aborted, off } = rejectOnAbort(signal);
    const hungUp = new Promise<never>((_, reject) =>
      socket.once("close", () =>
        reject(infrastructureError("ERR_CONNECTION_CLOSED", `${what} hung up while its serial port was being set`)),
      ),
    );
    hungUp.catch(() => {});
    try {
      await Promise.race([serial.confirmed, aborted, hungUp]);
    } catch (error) {
      await transport[Symbol.asyncDispose]();
      await console.admitted(clock, 0); // where it hung up because somebody else is there, that is the error
      throw error;
    } finally {
      off();
    }
    return admittedTransport(console, clock, signal);
  },
});

export default definePlugin({ name: "@basalt/connection-telnet", connections: [telnet] });
