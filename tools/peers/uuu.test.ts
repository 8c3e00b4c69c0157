// The command lines that boot method uuu makes, read by NXP's uuu in its dry mode, which tells what it would do to a board.
import { writeFileSync } from "node:fs";
import uuu from "@basalt/actions-uuu";
import { ConnectionsToken, type JsonObject, PowerToken, type ProcessRunner, ProcessRunnerToken } from "@basalt/core";
import { processRunner } from "@basalt/host";
import { FakeConnections, planOf, runPlan, ScriptedBoard } from "@basalt/testing";
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
  const device = {
    hostname: "imx-01",
    commands: { connect: "x", hard_reset: "x" },
    actions: { boot: { methods: { "u-boot": null, uuu: { options } } } },
  };
  const real = processRunner();
  const dry: ProcessRunner = {
    find: async (name) => (name === "bcu" ? "/bin/true" : real.find(name)),
    run: ([name = "", ...words], given) =>
      real.run(name === "bcu" ? ["true"] : [program as string, "-dry", ...words], given),
  };
  function flash(command: JsonObject) {
    const board = new ScriptedBoard([]);
    const commands = [{ bcu: "reset usb" }, command];
    const job = { job_name: "x", timeouts: { job: { minutes: 3 } }, actions: [{ boot: { method: "uuu", commands } }] };
    return runPlan(planOf({ job, device, strategies: uuu.strategies ?? [] }), {
      services: [
        [PowerToken, board.power],
        [ConnectionsToken, new FakeConnections(() => board.connect())],
        [ProcessRunnerToken, dry],
      ],
    });
  }

  test.each([
    [{ uuu: image }, /SDPS: boot -f .*boot\.bin/],
    [{ uuu: `-b emmc_all ${image} ${image}` }, /FB: flash -raw2sparse all .*boot\.bin/],
    [{ SDPS: `boot -f ${image}` }, /SDPS: boot -f .*boot\.bin/],
    [{ "FB[-t 10000]": "ucmd setenv a" }, /Start Cmd:FB\[-t 10000\]: ucmd setenv a/],
  ])("understands %j", async (command, does) => {
    const { outcome, log } = await flash(command);
    expect(outcome).toEqual({ result: "pass" });
    const said = log.map(({ message }) => message);
    expect(said).toContainEqual(expect.stringContaining("at path 9:99 8:99"));
    expect(said).toContainEqual(expect.stringMatching(does));
  });

  test.each([
    [{ XX: "boot" }, "Unknown Command:XX: boot"],
    [{ uuu: "-b nothing" }, "nothing is not built-in script"],
    [{ uuu: "/nowhere.bin" }, "nowhere.bin"],
  ])("refuses %j in its own words", async (command, words) => {
    const { outcome } = await flash(command);
    expect(outcome).toMatchObject({
      action: "uuu-boot",
      error: { code: "ERR_UUU_FAILED", kind: "job", message: expect.stringContaining(words) },
    });
  });
});
