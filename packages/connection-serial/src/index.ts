import {
  asText,
  type ConnectionTransport,
  configurationError,
  defineConnectionDriver,
  definePlugin,
  infrastructureError,
  type JsonObject,
  pushedReadable,
} from "@basalt/core";
import { SerialPort } from "serialport";

interface PortSettings {
  readonly path: string;
  readonly baudRate: number;
  readonly dataBits: 5 | 6 | 7 | 8;
  readonly parity: "none" | "odd" | "even" | "mark" | "space";
  readonly stopBits: 1 | 1.5 | 2;
  readonly rtscts: boolean;
  readonly xon: boolean;
  readonly xoff: boolean;
}

function readSettings(config: JsonObject): PortSettings {
  const path = asText(config.path);
  if (path === undefined)
    throw configurationError("ERR_DEVICE_INVALID", "a serial connection needs 'path', like /dev/ttyUSB0");
  const flow = asText(config.flow_control) ?? "none";
  return {
    path,
    baudRate: typeof config.baud === "number" ? config.baud : 115_200,
    dataBits: (typeof config.data_bits === "number" ? config.data_bits : 8) as PortSettings["dataBits"],
    parity: (asText(config.parity) ?? "none") as PortSettings["parity"],
    stopBits: (typeof config.stop_bits === "number" ? config.stop_bits : 1) as PortSettings["stopBits"],
    rtscts: flow === "rtscts",
    xon: flow === "xonxoff",
    xoff: flow === "xonxoff",
  };
}

function refusal(path: string, cause: Error): Error {
  if (/lock/i.test(cause.message))
    return infrastructureError("ERR_CONNECTION_BUSY", `the serial port ${path} is in use by another program`, {
      cause,
    });
  const hint = /no such file|ENOENT/i.test(cause.message)
    ? "there is no such device node: is the adapter plugged in, and the path the one udev gives it (see /dev/serial/by-id)?"
    : /permission|EACCES/i.test(cause.message)
      ? "this user may not open it: add it to the group dialout"
      : "check the adapter and its settings";
  return infrastructureError(
    "ERR_CONNECTION_REFUSED",
    `can't open the serial port ${path} (${cause.message}): ${hint}`,
    { cause },
  );
}

/** Opens the port, locked for this process alone. */
function openPort(settings: PortSettings): Promise<SerialPort> {
  return new Promise((resolve, reject) => {
    const port = new SerialPort({ ...settings, autoOpen: false, lock: true });
    port.open((error) => (error ? reject(refusal(settings.path, error)) : resolve(port)));
  });
}

function transportOf(port: SerialPort): ConnectionTransport {
  const closed = new Promise<void>((resolve) => port.once("close", () => resolve()));
  const hangUp = async (): Promise<void> => {
    if (port.isOpen) port.close(() => {});
    await closed;
  };
  const incoming = pushedReadable(hangUp);
  port.on("data", (data: Buffer) => incoming.push(data));
  // with an error when the adapter was pulled out
  port.once("close", (error?: Error) => incoming.end(error ?? undefined));
  port.on("error", () => {});
  return {
    readable: incoming.readable,
    writable: new WritableStream<Uint8Array>({
      write: (chunk) =>
        new Promise((resolve, reject) => {
          port.write(Buffer.from(chunk), (error) =>
            error ? reject(error) : port.drain((late) => (late ? reject(late) : resolve())),
          );
        }),
    }),
    [Symbol.asyncDispose]: hangUp,
  };
}

/** `connection: {driver: serial, path, baud}`: a serial port of this worker. */
export const serial = defineConnectionDriver({
  name: "serial",
  schema: {
    type: "object",
    required: ["path"],
    additionalProperties: false,
    properties: {
      path: {
        type: "string",
        description: "The port's device node; /dev/serial/by-id/... stays the same when adapters are replugged.",
      },
      baud: { type: "integer", minimum: 1, default: 115200, description: "Bits per second." },
      data_bits: { enum: [5, 6, 7, 8], default: 8, description: "Bits a character." },
      parity: { enum: ["none", "odd", "even", "mark", "space"], default: "none", description: "Parity." },
      stop_bits: { enum: [1, 1.5, 2], default: 1, description: "Stop bits." },
      flow_control: { enum: ["none", "rtscts", "xonxoff"], default: "none", description: "Flow control." },
    },
  },
  async open({ connection: { config }, signal }) {
    signal.throwIfAborted();
    return transportOf(await openPort(readSettings(config)));
  },
});

export default definePlugin({ name: "@basalt/connection-serial", connections: [serial] });
