import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Console, toDevice } from "@basalt/core";
import { pluginContract, resolveOf } from "@basalt/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { serial } from "./index.js";

const haveSocat = spawnSync("socat", ["-V"]).status === 0;
const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "serial-"));

/** A null-modem cable of two pseudo terminals. */
async function plug(name: string) {
  const [near, far] = [join(folder, `${name}-near`), join(folder, `${name}-far`)];
  const socat = spawn("socat", ["-d", "-d", `pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`]);
  const exited = new Promise((resolve) => socat.once("exit", resolve));
  await new Promise<void>((resolve) =>
    socat.stderr.on("data", (data) => /starting data transfer/.test(String(data)) && resolve()),
  );
  const node = realpathSync(near);
  const pull = async (): Promise<void> => {
    socat.kill();
    await exited;
  };
  return { near, far, node, pull };
}

let cable: Awaited<ReturnType<typeof plug>>;
beforeAll(async () => {
  if (haveSocat) cable = await plug("main");
});
afterAll(async () => {
  await cable?.pull();
  rmSync(folder, { recursive: true });
});

const open = (path: string, stop = signal) =>
  serial.open({
    device: toDevice({}),
    connection: { name: "primary", driver: "serial", tags: [], config: { path } },
    resolve: resolveOf(),
    signal: stop,
  });

test.skipIf(!haveSocat)("talks over a serial line", async () => {
  await using board = new Console(await open(cable.far));
  await using console = new Console(await open(cable.near));
  await board.send("login: ");
  await console.expect(["login: "], { signal });
  await console.send("root\n");
  expect((await board.expect(["\n"], { signal })).before).toBe("root");
});

test.skipIf(!haveSocat)("a port in use is named as such, and free again after it is closed", async () => {
  const first = await open(cable.near);
  await expect(open(cable.near)).rejects.toMatchObject({
    kind: "infrastructure",
    code: "ERR_CONNECTION_BUSY",
    message: expect.stringContaining(cable.near),
  });
  await first[Symbol.asyncDispose]();
  const again = await open(cable.near);
  await again[Symbol.asyncDispose]();
});

test("a port that is not there is named, with what to check", async () => {
  await expect(open("/dev/ttyNOSUCH0")).rejects.toMatchObject({
    kind: "infrastructure",
    code: "ERR_CONNECTION_REFUSED",
    message: expect.stringMatching(/ttyNOSUCH0.*plugged in/),
  });
});

/** How often this process has a device node open. */
const openTimes = (node: string): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === node;
    } catch {
      return false; // the one that lists them
    }
  }).length;

const used = new Set<string>();
const left: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const away of left.splice(0)) await away();
});

/** A port with a board at the far end that says `login: ` and hears one line. */
async function withBoard(stop: AbortSignal, hear: (board: Console, line: string) => Promise<void>, on = cable) {
  used.add(on.node);
  for (const away of left.splice(0)) await away();
  const line = await open(on.near, stop);
  const farEnd = await open(on.far);
  left.push(() => farEnd[Symbol.asyncDispose]());
  const board = new Console(farEnd);
  const talk = async (): Promise<void> => {
    await board.send("login: ");
    await hear(board, (await board.expect(["\n"], { signal })).before);
  };
  talk().catch(() => {}); // the contract has closed the line
  return line;
}

const contract = pluginContract(plugin, {
  manifest,
  connection: {
    works: (stop) => withBoard(stop, (board, line) => board.send(`you said ${line}\r\n`)),
    async drops(stop) {
      const other = await plug("other");
      const line = await withBoard(stop, other.pull, other);
      left.push(other.pull);
      return line;
    },
    refused: (stop) => open("/dev/ttyNOSUCH0", stop),
    busy: () => open(cable.far).then((held) => open(cable.far).finally(() => held[Symbol.asyncDispose]())),
    silent: "opening a port waits for nobody",
    held: () => [...used].reduce((sum, node) => sum + openTimes(node), 0),
  },
});
for (const { name, skip, run } of contract)
  test.skipIf(skip ?? (!haveSocat && name.startsWith("connection")))(`contract: ${name}`, run);
