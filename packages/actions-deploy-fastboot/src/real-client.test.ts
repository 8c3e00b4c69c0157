import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadedSlot, fastbootReboot, waitFastbootDevice } from "@basalt/actions-common";
import { type ProcessRunner, ProcessRunnerToken, sequence, toDevice } from "@basalt/core";
import { FakeFastboot, type FakeFastbootOptions, runPlan } from "@basalt/testing";
import { afterAll, describe, expect, test } from "vitest";
import { flashPlan } from "./flash-order.js";

const client = "/usr/bin/fastboot";
const scratch = mkdtempSync(join(tmpdir(), "basalt-fastboot-"));
afterAll(() => rmSync(scratch, { recursive: true }));
if (!existsSync(client)) console.warn(`${client} is missing (Debian package fastboot): the real client is not tested`);

/** The worker's own client. */
const runner: ProcessRunner = {
  find: async () => client,
  run: ([program = "", ...args], { signal }) =>
    new Promise((resolve) => {
      execFile(program, args, { signal }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr, ms: 1 });
      });
    }),
};

const image = (name: string, text: string) => {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return { path, url: `http://x/${name}`, sha256: "" };
};

async function flash(options: FakeFastbootOptions) {
  await using board = await FakeFastboot.open(options);
  const dictionary = {
    hostname: "b",
    fastboot_serial_number: board.serial,
    fastboot_options: [],
    flash_cmds_order: ["boot"],
  };
  const params = { images: { rootfs: {}, boot: { reboot: "fastboot-reboot-bootloader" } } };
  const plan = sequence(
    "fastboot-deploy",
    flashPlan({ device: toDevice(dictionary), params } as never),
    waitFastbootDevice(params),
    fastbootReboot("fastboot-reboot", params),
  );
  const ran = await runPlan(plan, {
    device: dictionary,
    section: "deploy",
    slots: [
      [downloadedSlot("rootfs"), image("rootfs.img", "the root file system")],
      [downloadedSlot("boot"), image("boot.img", "the kernel")],
    ],
    services: [[ProcessRunnerToken, runner]],
  });
  return { ...ran, commands: board.commands, flashed: board.flashed };
}

describe.skipIf(!existsSync(client)).each(["tcp", "udp"] as const)("the real fastboot client over %s", (transport) => {
  test("flashes in the device's order and restarts between", async () => {
    const { outcome, commands, flashed } = await flash({ transport });
    expect(outcome).toEqual({ result: "pass" });
    const content = (partition: string) => Buffer.from(flashed.get(partition) ?? []).toString();
    expect([content("boot"), content("rootfs")]).toEqual(["the kernel", "the root file system"]);
    expect(commands.filter((command) => /^(flash|reboot)/.test(command))).toEqual([
      "flash:boot",
      "reboot-bootloader",
      "flash:rootfs",
      "reboot",
    ]);
  });

  test("what the board refuses is the lab's fault, in the board's words", async () => {
    const { outcome } = await flash({ transport, failing: { rootfs: "partition is locked" } });
    expect(outcome).toMatchObject({
      result: "fail",
      error: {
        kind: "infrastructure",
        code: "ERR_TOOL_FAILED",
        message: expect.stringContaining("partition is locked"),
      },
    });
  });
});
