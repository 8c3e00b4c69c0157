// The command lines that boot method uuu makes, read by NXP's uuu. No board is there: what it understands, it waits for.
import { writeFileSync } from "node:fs";
import uuu from "@basalt/actions-uuu";
import { ConnectionsToken, DownloaderToken, type JsonObject, PowerToken, ProcessRunnerToken } from "@basalt/core";
import { processRunner } from "@basalt/host";
import { FakeConnections, fastClock, planOf, runPlan, ScriptedBoard } from "@basalt/testing";
import { afterAll, describe, expect, test } from "vitest";
import { PeerBench, peer } from "./peer.js";

const program = peer("uuu", "uuu");

describe.skipIf(!program)("the real uuu", () => {
  const bench = new PeerBench();
  afterAll(() => bench[Symbol.asyncDispose]());
  const image = bench.path("boot.bin");
  writeFileSync(image, "boot");

  const options = {
    usb_otg_path: ["9:99", "8:99"],
    corrupt_boot_media_command: ["mmc erase 0 0x400"],
    bcu_board_name: "imx8mpevk",
    bcu_board_id: "2-1",
  };
  const device = { hostname: "imx-01", actions: { boot: { methods: { "u-boot": null, uuu: { options } } } } };
  const flash = (command: JsonObject) => {
    const board = new ScriptedBoard([]);
    const commands = [{ bcu: "reset usb" }, command];
    const job = { job_name: "x", timeouts: { job: { minutes: 3 } }, actions: [{ boot: { method: "uuu", commands } }] };
    const real = processRunner();
    const runner: typeof real = {
      find: async (name) => (name === "bcu" ? "/bin/true" : real.find(name)),
      run: ([name = "", ...words], given) => real.run(name === "bcu" ? ["true"] : [name, ...words], given),
    };
    return runPlan(
      planOf({
        job,
        device: { ...device, commands: { connect: "x", hard_reset: "x" } },
        strategies: uuu.strategies ?? [],
      }),
      {
        clock: fastClock(15),
        services: [
          [PowerToken, board.power],
          [ConnectionsToken, new FakeConnections(() => board.connect())],
          [ProcessRunnerToken, runner],
        ],
      },
    );
  };

  test.concurrent.each([
    { uuu: image },
    { uuu: `-b emmc_all ${image} ${image}` },
    { SDPS: `boot -f ${image}` },
    { "FB[-t 10000]": "ucmd a" },
  ])("takes %j and waits for the board, until it is ended", async (command) => {
    const { outcome, log } = await flash(command);
    expect(outcome).toMatchObject({ action: "uuu-boot", error: { code: "ERR_ACTION_TIMEOUT" } });
    expect(log.some(({ message }) => message.includes("at path 9:99 8:99"))).toBe(true);
  });

  test.concurrent.each([{ XX: "boot" }, { uuu: "-b nothing" }, { uuu: "/nowhere.bin" }])(
    "refuses %j in its own words",
    async (command) => {
      const { outcome } = await flash(command);
      expect(outcome).toMatchObject({
        action: "uuu-boot",
        error: {
          code: "ERR_UUU_FAILED",
          kind: "job",
          message: expect.stringMatching(/Unknown Command|not built-in|fail/),
        },
      });
    },
  );
});
