import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { toDevice } from "@basalt/core";
import { type ConnectionContract, pluginContract, resolveOf } from "@basalt/testing";
import { afterEach, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { telnet } from "./index.js";
import { comPort, TelnetCodec } from "./telnet-codec.js";

const servers = new Set<Server>();
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const server of servers) await new Promise<void>((resolve) => server.close(() => resolve()));
  servers.clear();
});

async function serve(talk: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    talk(socket);
  });
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return (server.address() as AddressInfo).port;
}

/** A console server whose board answers lines, in one of the protocols. It confirms whatever the serial port is set to. */
const board =
  (protocol: string, hear: (line: string, say: (text: string) => void, socket: Socket) => void) =>
  (socket: Socket): void => {
    const codec: TelnetCodec = new TelnetCodec({
      extra: [comPort],
      write: (bytes) => void socket.write(bytes),
      onSubnegotiation: ({ data: [command = 0, ...value] }) => codec.subnegotiate(comPort, [command + 100, ...value]),
    });
    const raw = protocol === "raw";
    const say = (text: string): void => {
      const bytes = new TextEncoder().encode(text);
      socket.write(raw ? bytes : codec.encode(bytes));
    };
    let held = "";
    socket.on("data", (chunk: Buffer) => {
      held += Buffer.from(raw ? chunk : codec.decode(chunk)).toString("latin1");
      const [line, rest] = held.split("\n");
      if (rest === undefined) return;
      held = rest;
      hear(line ?? "", say, socket);
    });
    say("login: ");
  };

function contractOf(protocol: string): ConnectionContract {
  const open = async (port: number | Promise<number>, signal: AbortSignal) =>
    telnet.open({
      device: toDevice({}),
      connection: {
        name: "primary",
        driver: "telnet",
        tags: [],
        config: { host: "127.0.0.1", port: await port, protocol },
      },
      resolve: resolveOf(),
      signal,
    });
  return {
    name: protocol,
    works: (signal) => open(serve(board(protocol, (line, say) => say(`you said ${line}\r\n`))), signal),
    drops: (signal) => open(serve(board(protocol, (_line, _say, socket) => socket.end())), signal),
    refused: (signal) => open(9, signal),
    busy: (signal) =>
      open(
        serve((socket) => void socket.resume().end("Port already in use\r\n")),
        signal,
      ),
    silent:
      protocol === "rfc2217"
        ? (signal) =>
            open(
              serve((socket) => void socket.resume()),
              signal,
            )
        : "opening waits for no answer",
    held: () => sockets.size,
  };
}

const contract = pluginContract(plugin, { manifest, connection: ["raw", "telnet", "rfc2217"].map(contractOf) });
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
