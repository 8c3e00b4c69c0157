import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Console, type Resolve, systemClock, toDevice } from "@basalt/core";
import { afterEach, expect, test } from "vitest";
import { telnet } from "./index.js";
import { TelnetCodec } from "./telnet-codec.js";

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const signal = new AbortController().signal;

let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server?.listening ? server.close(() => resolve()) : resolve())));

async function serve(talk: (socket: Socket) => void): Promise<number> {
  server = createServer(talk);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", () => resolve()));
  return (server.address() as AddressInfo).port;
}

const open = (port: number, protocol: string, more: object = {}, stop = signal) =>
  telnet.open({
    device: toDevice({}),
    connection: { name: "primary", driver: "telnet", tags: [], config: { host: "127.0.0.1", port, protocol, ...more } },
    resolve: (() => systemClock) as unknown as Resolve,
    signal: stop,
  });

test("raw: bytes as they are, both ways", async () => {
  const port = await serve((socket) => socket.pipe(socket));
  await using console = new Console(await open(port, "raw"));
  await console.send("a\rb\xff\n");
  expect((await console.expect(["\n"], { signal })).before).toBe("a\rb\xff");
});

test("telnet: commands are taken out however they are cut, asked for and answered once", () => {
  const sent: number[] = [];
  const codec = new TelnetCodec({ write: (out) => sent.push(...out) });
  const wire = bytes(
    104,
    255,
    251,
    1,
    105,
    255,
    253,
    3,
    255,
    255,
    13,
    0,
    33,
    255,
    253,
    24,
    255,
    250,
    24,
    1,
    255,
    240,
    13,
    10,
    255,
    251,
    1,
  );
  const whole = [...new TelnetCodec({ write: () => {} }).decode(wire)];
  const oneByOne = [...wire].flatMap((byte) => [...codec.decode(bytes(byte))]);
  expect(whole).toEqual([104, 105, 255, 13, 33, 13, 10]);
  expect(oneByOne).toEqual(whole);
  // DO ECHO, WILL SGA, WONT TERMINAL-TYPE; the second WILL ECHO is not answered again
  expect(sent).toEqual([255, 253, 1, 255, 251, 3, 255, 252, 24]);
});

test("telnet: what is sent is escaped", () => {
  const codec = new TelnetCodec({ write: () => {} });
  expect([...codec.encode(bytes(97, 255, 13, 98, 13, 10))]).toEqual([97, 255, 255, 13, 0, 98, 13, 10]);
});

/** An RFC 2217 server that confirms what it is asked, or another baud rate. */
function serialServer(baud?: number): (socket: Socket) => void {
  return (socket) => {
    const codec: TelnetCodec = new TelnetCodec({
      extra: [44],
      write: (out) => void socket.write(out),
      onSubnegotiation({ data }) {
        const [command = 0, ...value] = data;
        const answer =
          command === 1 && baud !== undefined
            ? [baud >>> 24, (baud >>> 16) & 255, (baud >>> 8) & 255, baud & 255]
            : value;
        codec.subnegotiate(44, [command + 100, ...answer]);
      },
    });
    socket.on("data", (chunk) => codec.decode(chunk));
    socket.on("error", () => {});
  };
}

test("rfc2217: the serial port is set before the console opens", async () => {
  const port = await serve(serialServer());
  await using transport = await open(port, "rfc2217", { baud: 1_500_000, parity: "even" });
  expect(transport.readable).toBeDefined();
});

test("rfc2217: a server that takes another speed is the lab's fault, with both numbers", async () => {
  const port = await serve(serialServer(115_200));
  await expect(open(port, "rfc2217", { baud: 1_500_000 })).rejects.toMatchObject({
    kind: "infrastructure",
    code: "ERR_SERIAL_SETTINGS",
    message: expect.stringMatching(/115200.*1500000/),
  });
});

test("a refused connection names host, port and what to check", async () => {
  const port = await serve(() => {});
  await new Promise<void>((resolve) => server?.close(() => resolve()));
  await expect(open(port, "raw")).rejects.toMatchObject({
    code: "ERR_CONNECTION_REFUSED",
    message: expect.stringMatching(new RegExp(`127.0.0.1 port ${port}.*ser2net`)),
  });
});

test("a console in use by somebody else is named as such before it opens, however its words are cut", async () => {
  const port = await serve((socket) => {
    socket.resume().write("Port alrea", () => socket.end("dy in use\r\n"));
  });
  for (const protocol of ["raw", "telnet", "rfc2217"])
    await expect(open(port, protocol)).rejects.toMatchObject({
      kind: "infrastructure",
      code: "ERR_CONNECTION_BUSY",
      message: expect.stringContaining("already in use"),
    });
});

test("what a console says while it opens is not lost", async () => {
  const port = await serve((socket) => void socket.write("U-Boot 2024.01\r\n=> "));
  await using console = new Console(await open(port, "raw"));
  expect((await console.expect(["=> "], { signal })).before).toBe("U-Boot 2024.01\r\n");
});

test("a console that drops is a closed connection, not a silence", async () => {
  const port = await serve((socket) => void socket.write("U-Boot 2024.01\r\n", () => socket.end()));
  await using console = new Console(await open(port, "telnet"));
  await expect(console.expect(["=> "], { signal })).rejects.toMatchObject({
    kind: "infrastructure",
    code: "ERR_CONNECTION_CLOSED",
  });
});

test("an abort while the server is silent ends the opening", async () => {
  const stop = new AbortController();
  const port = await serve((socket) => {
    socket.on("error", () => {});
    stop.abort(new Error("canceled"));
  });
  await expect(open(port, "rfc2217", {}, stop.signal)).rejects.toThrow("canceled");
});
