import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BoardBench, type BoardJob, type BoardRun, hasFastboot, login, missing } from "./board-bench.js";
import { findFastbootUBoot } from "./u-boot.mjs";

const uboot = findFastbootUBoot();
const skip =
  missing ?? (hasFastboot ? undefined : "no fastboot client (Debian packages fastboot, android-sdk-libsparse-utils)");
if (skip) process.stderr.write(`tests of fastboot on the virtual board skipped: ${skip}\n`);
else if (!uboot)
  process.stderr.write(
    "fastboot on the virtual board: with the stand-in only; npm run board -- --build-fastboot-uboot builds a U-Boot that has it\n",
  );

/** A sparse image of one block behind a hole: small to send, too large for its partition. */
function tooLarge(holeMiB: number): Uint8Array {
  const image = Buffer.alloc(28 + 12 + 12 + 4096);
  const holeBlocks = holeMiB * 256;
  image.writeUInt32LE(0xed26ff3a, 0); // magic; version 1.0; sizes of the two heads; size of a block; blocks; chunks
  for (const [at, value] of [
    [4, 1],
    [8, 28],
    [10, 12],
  ] as const)
    image.writeUInt16LE(value, at);
  for (const [at, value] of [
    [12, 4096],
    [16, holeBlocks + 1],
    [20, 2],
  ] as const)
    image.writeUInt32LE(value, at);
  const chunk = (at: number, kind: number, blocks: number, total: number): void => {
    image.writeUInt16LE(kind, at);
    image.writeUInt32LE(blocks, at + 4);
    image.writeUInt32LE(total, at + 8);
  };
  chunk(28, 0xcac3, holeBlocks, 12);
  chunk(40, 0xcac1, 1, 12 + 4096);
  return image;
}

/** Each is one way the board has fastboot: the same job, the same client, the same errors. */
const kinds = [
  { name: "a stand-in beside Debian's U-Boot", firmware: undefined, isThere: true },
  { name: "a U-Boot built with it", firmware: uboot, isThere: uboot !== undefined },
];

describe.each(kinds)("fastboot on the virtual board, from $name", { timeout: 120_000 }, ({ firmware, isThere }) => {
  let bench: BoardBench;
  const never = skip !== undefined || !isThere;
  beforeAll(async () => {
    if (!never)
      bench = await BoardBench.open({ fastboot: true, firmware, more: { "large.simg": { content: tooLarge(64) } } });
  });
  afterAll(() => bench?.[Symbol.asyncDispose]());

  const job = (images: object, { device = {}, ...more }: BoardJob = {}): BoardJob => ({
    blocks: [{ deploy: { to: "fastboot", os: "oe", images } }, { boot: { method: "fastboot", ...login } }],
    device: {
      fastboot_via_uboot: true,
      fastboot_serial_number: `udp:127.0.0.1:${bench.board.fastboot}`,
      uboot_fastboot_commands: ["setenv autoload no", "dhcp", "fastboot udp"],
      ...device,
    },
    ...more,
  });
  const both = () => ({
    rootfs: { url: bench.url("rootfs.simg"), "apply-overlay": true },
    boot: { url: bench.url("boot.img") },
  });
  const expectRefusal = (ran: BoardRun, action: string, saying: RegExp): void => {
    expect({ in: ran.failedIn, type: ran.error?.error_type }, ran.stdout.slice(-2_000)).toEqual({
      in: action,
      type: "Infrastructure",
    });
    expect(ran.error?.error_msg).toMatch(saying);
    expect(ran.status).toBe(3);
    expect({ powered: ran.powered, left: ran.left }).toEqual({ powered: false, left: [] });
  };

  test.skipIf(never)("from power-on to the finished test job, from what was flashed", async () => {
    const started = performance.now();
    const ran = await bench.run(
      job(both(), { steps: ["lava-test-case flashed --shell grep -q '^/dev/vda2 / ext4' /proc/mounts"] }),
    );
    const seconds = (performance.now() - started) / 1_000;
    process.stderr.write(`fastboot: ${seconds.toFixed(1)} s with ${firmware ?? "the stand-in"}\n`);
    expect(ran.results, ran.stdout.slice(-2_000)).toEqual(
      expect.arrayContaining(["0_board.flashed pass", "lava.job pass"]),
    );
    // the dictionary's order, not the job's
    expect([...ran.stdout.matchAll(/"flash","(\w+)"/g)].map(([, partition]) => partition)).toEqual(["boot", "rootfs"]);
    expect({ powered: ran.powered, left: ran.left }).toEqual({ powered: false, left: [] });
  });

  test.skipIf(never)("a board that does not listen", async () => {
    const silent = { uboot_fastboot_commands: ["setenv autoload no", "dhcp"] };
    const ran = await bench.run(job(both(), { device: silent, actionSeconds: { "wait-device-boardid": 4 } }));
    expectRefusal(ran, "wait-device-boardid", /wait-device-boardid timed out after 4 seconds/);
    expect(ran.stdout).toContain("waiting for udp:");
  });

  test.skipIf(never)("an image that the board refuses, in its words", async () => {
    const ran = await bench.run(job({ rootfs: { url: bench.url("large.simg") } }));
    expectRefusal(ran, "fastboot-flash-action", /fastboot .*flash rootfs.*would exceed partition size/s);
  });

  test.skipIf(never)("a partition that the board does not have", async () => {
    const ran = await bench.run(job({ vendor: { url: bench.url("rootfs.simg") } }));
    expectRefusal(ran, "fastboot-flash-action", /invalid partition or device/);
  });

  test.skipIf(never || firmware === undefined)("power is cut while it is flashed", async () => {
    let cut = false;
    const ran = await bench.run(job(both(), { actionSeconds: { "fastboot-flash-action": 5 } }), (line, { board }) => {
      if (cut || !/target .*Starting download of/.test(line)) return;
      cut = true;
      const pid = readFileSync(board.pidFile, "utf8").trim(); // counted in the board's own namespace
      spawnSync(board.network.enter[0] as string, [...board.network.enter.slice(1), "kill", "-KILL", pid]);
    });
    expectRefusal(ran, "fastboot-flash-action", /fastboot-flash-action timed out after 5 seconds|flash boot/);
  });
});
