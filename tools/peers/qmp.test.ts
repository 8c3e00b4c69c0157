import { existsSync, readFileSync } from "node:fs";
import { toDevice } from "@basalt/core";
import { qmp } from "@basalt/power-qmp";
import { afterAll, describe, expect, test } from "vitest";
import { options, PeerBench, peer } from "./peer.js";

const program = peer("qemu-system-aarch64", "qemu-system-arm") ?? peer("qemu-system-x86_64", "qemu-system-x86");

describe.skipIf(!program)("QMP of a real QEMU", () => {
  const bench = new PeerBench();
  const socket = bench.path("qmp.sock");
  const pidFile = bench.path("pid");
  const start = [
    ...[program as string, "-M", "none", "-nodefaults", "-display", "none", "-daemonize", "-pidfile", pidFile],
    ...["-qmp", `unix:${socket},server=on,wait=off`],
  ];
  const power = async (config: object = {}) =>
    qmp.create({ device: toDevice({}), config: { socket, start, ...config }, resolve: await bench.services() });
  const pid = (): string => readFileSync(pidFile, "utf8").trim();

  afterAll(async () => {
    await (await power()).off(options);
    await bench[Symbol.asyncDispose]();
  });

  test("on starts it, off ends it, and its state is told", async () => {
    const machine = await power();
    expect(await machine.state?.(options)).toBe("off");
    await machine.on(options);
    expect(await machine.state?.(options)).toBe("on");
    const first = pid();
    await machine.on(options);
    expect(pid()).toBe(first);
    await machine.off(options);
    expect(await machine.state?.(options)).toBe("off");
    expect(existsSync(pidFile)).toBe(false);
  });

  test("QEMU's own reset keeps the machine; a restart makes another", async () => {
    const machine = await power();
    await machine.reset(options);
    const first = pid();
    await machine.reset(options);
    expect(pid()).toBe(first);
    await (await power({ reset: "restart" })).reset(options);
    expect(pid()).not.toBe(first);
  });

  test("many restarts in a row: a machine that ends in the middle of an answer is off", async () => {
    const machine = await power({ reset: "restart" });
    for (let i = 0; i < 8; i++) await machine.reset(options);
    await machine.off(options);
    expect(await machine.state?.(options)).toBe("off");
  });
});
