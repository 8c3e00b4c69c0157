import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Console, type Resolve, toDevice } from "@basalt/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serial } from "./index.js";

const haveSocat = spawnSync("socat", ["-V"]).status === 0;
const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "serial-"));
const [near, far] = [join(folder, "near"), join(folder, "far")];
let socat: ChildProcess | undefined;

beforeAll(async () => {
  if (!haveSocat) return;
  socat = spawn("socat", ["-d", "-d", `pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`]);
  await new Promise<void>((resolve) =>
    socat?.stderr?.on("data", (data) => /starting data transfer/.test(String(data)) && resolve()),
  );
});
afterAll(async () => {
  if (socat) {
    const ended = new Promise((resolve) => socat?.once("exit", resolve));
    socat.kill();
    await ended;
  }
  rmSync(folder, { recursive: true });
});

const open = (path: string) =>
  serial.open({
    device: toDevice({}),
    connection: { name: "primary", driver: "serial", tags: [], config: { path } },
    resolve: (() => undefined) as unknown as Resolve,
    signal,
  });

test.skipIf(!haveSocat)("talks over a serial line", async () => {
  await using board = new Console(await open(far));
  await using console = new Console(await open(near));
  await board.send("login: ");
  await console.expect(["login: "], { signal });
  await console.send("root\n");
  expect((await board.expect(["\n"], { signal })).before).toBe("root");
});

test.skipIf(!haveSocat)("a port in use is named as such, and free again after it is closed", async () => {
  const first = await open(near);
  await expect(open(near)).rejects.toMatchObject({
    kind: "infrastructure",
    code: "ERR_CONNECTION_BUSY",
    message: expect.stringContaining(near),
  });
  await first[Symbol.asyncDispose]();
  const again = await open(near);
  await again[Symbol.asyncDispose]();
});

test("a port that is not there is named, with what to check", async () => {
  await expect(open("/dev/ttyNOSUCH0")).rejects.toMatchObject({
    kind: "infrastructure",
    code: "ERR_CONNECTION_REFUSED",
    message: expect.stringMatching(/ttyNOSUCH0.*plugged in/),
  });
});
