import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { ClockToken, type Log, ProcessRunnerToken, systemClock, type Token, toDevice } from "@basalt/core";
import { FakeProcessRunner } from "@basalt/testing";
import { afterEach, expect, test } from "vitest";
import { qmp } from "./index.js";
import { readAddress } from "./qmp-client.js";

/** Speaks QMP like QEMU does: greeting, capabilities, commands. */
class FakeQemu {
  readonly executed: string[] = [];
  server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  port = 0;

  async start(): Promise<void> {
    this.server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.write('{"QMP": {"version": {}, "capabilities": []}}\n');
      socket.on("data", (data) => {
        for (const line of String(data).trim().split("\n")) this.#answer(socket, JSON.parse(line).execute);
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(this.port, "127.0.0.1", () => resolve()));
    this.port = (this.server.address() as AddressInfo).port;
  }

  #answer(socket: Socket, command: string): void {
    if (command !== "qmp_capabilities" && command !== "query-status") this.executed.push(command);
    if (command === "system_reset" && this.executed.length > 5)
      return void socket.write('{"error": {"class": "GenericError", "desc": "no"}}\n');
    socket.write('{"event": "RTC_CHANGE"}\n{"return": {"status": "running"}}\n');
    if (command === "quit") void this.stop();
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const socket of this.#sockets) socket.end();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }
}

const qemu = new FakeQemu();
afterEach(() => qemu.stop());

const options = { signal: new AbortController().signal, log: { debug() {}, warning() {} } as unknown as Log };
function power(config: object = {}) {
  const runner = new FakeProcessRunner().answer("start-board", async () => {
    await qemu.start();
    return {};
  });
  return qmp.create({
    device: toDevice({}),
    config: { socket: `127.0.0.1:${qemu.port}`, start: ["start-board"], ...config },
    resolve: <T>(token: Token<T>) =>
      (token.key === ClockToken.key ? systemClock : token.key === ProcessRunnerToken.key ? runner : undefined) as T,
  });
}

test("off ends the machine, on starts it, a reset is QEMU's own", async () => {
  await qemu.start();
  expect(await power().state?.(options)).toBe("on");
  await power().reset(options);
  await power().off(options);
  expect(qemu.server).toBeUndefined();
  expect(await power().state?.(options)).toBe("off");
  await power().on(options);
  expect(qemu.server).toBeDefined();
  expect(qemu.executed).toEqual(["system_reset", "quit"]);
});

test("reset: restart cuts the power", async () => {
  await qemu.start();
  qemu.executed.length = 0;
  await power({ reset: "restart" }).reset(options);
  expect(qemu.executed).toEqual(["quit"]);
  expect(qemu.server).toBeDefined();
});

test("addresses", () => {
  expect(readAddress("unix:/run/x.qmp")).toEqual({ path: "/run/x.qmp" });
  expect(readAddress("/run/x.qmp")).toEqual({ path: "/run/x.qmp" });
  expect(readAddress("tcp:127.0.0.1:4444")).toEqual({ host: "127.0.0.1", port: 4444 });
});
