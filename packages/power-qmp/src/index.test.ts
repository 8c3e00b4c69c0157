import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { ProcessRunnerToken, toDevice } from "@basalt/core";
import { FakeProcessRunner, pluginContract, resolveOf, silentLog } from "@basalt/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { qmp } from "./index.js";
import { readAddress } from "./qmp-client.js";

/** Speaks QMP like QEMU does: greeting, capabilities, commands. */
class FakeQemu {
  readonly executed: string[] = [];
  server: Server | undefined;
  /** Conversations that it is silent in, and what it answers in place of doing as it is told. */
  unanswered = 0;
  refuses: string | undefined;
  readonly #sockets = new Set<Socket>();
  port = 0;

  async start(): Promise<void> {
    this.server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
      if (this.unanswered-- > 0) return void socket.resume();
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
    if (command !== "qmp_capabilities" && this.refuses !== undefined) return void socket.write(`${this.refuses}\n`);
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

let qemu = new FakeQemu();
beforeEach(async () => {
  qemu = new FakeQemu();
  await qemu.start(); // finds a port
  await qemu.stop();
});
afterEach(() => qemu.stop());

const options = { signal: new AbortController().signal, log: silentLog };
const starter = () =>
  new FakeProcessRunner().answer("start-board", async () => {
    await qemu.start();
    return {};
  });
function power(config: object = {}, runner = starter()) {
  return qmp.create({
    device: toDevice({}),
    config: { socket: `127.0.0.1:${qemu.port}`, start: ["start-board"], ...config },
    resolve: resolveOf([ProcessRunnerToken, runner]),
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
  await power({ reset: "restart" }).reset(options);
  expect(qemu.executed).toEqual(["quit"]);
  expect(qemu.server).toBeDefined();
});

test("addresses", () => {
  expect(readAddress("unix:/run/x.qmp")).toEqual({ path: "/run/x.qmp" });
  expect(readAddress("/run/x.qmp")).toEqual({ path: "/run/x.qmp" });
  expect(readAddress("tcp:127.0.0.1:4444")).toEqual({ host: "127.0.0.1", port: 4444 });
});

/** A machine that runs, but not as it should. */
async function running(how: Partial<Pick<FakeQemu, "refuses" | "unanswered">>) {
  Object.assign(qemu, how);
  await qemu.start();
  return power();
}

const contract = pluginContract(plugin, {
  manifest,
  power: {
    power,
    absent: () => power({}, new FakeProcessRunner()),
    refuses: {
      "a machine that does not start": () =>
        power({}, new FakeProcessRunner().answer("start-board", { code: 1, stderr: "no such machine" })),
      "QEMU says no": () => running({ refuses: '{"error": {"class": "GenericError", "desc": "no"}}' }),
      "what answers is not QEMU": () => running({ refuses: "SSH-2.0-OpenSSH_9.2" }),
    },
    hangsOnce: () => running({ unanswered: 1 }),
    stuck: () => power({}, new FakeProcessRunner().answer("start-board")),
    isOn: () => qemu.server !== undefined && qemu.refuses === undefined,
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
