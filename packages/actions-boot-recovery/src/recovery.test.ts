import { type JsonObject, ProcessRunnerToken } from "@basalt/core";
import { bootScripted, FakeProcessRunner, ScriptedBoard } from "@basalt/testing";
import { expect, test } from "vitest";
import plugin from "./index.js";

const commands = { recovery_mode: ["relay 1 off", "relay 2 on"], recovery_exit: "relay 1 on" };
const deviceWith = (methods: JsonObject): JsonObject => ({
  hostname: "board-01",
  commands: { power_on: "on", power_off: "off" },
  actions: { deploy: { methods } },
});
async function run(
  block: JsonObject,
  device = deviceWith({ recovery: { commands } }),
  runner = new FakeProcessRunner().answer("relay"),
) {
  const board = new ScriptedBoard([]);
  const ran = await bootScripted(board, {
    strategies: plugin.strategies ?? [],
    device,
    block: { method: "recovery", ...block },
    services: [[ProcessRunnerToken, runner]],
  });
  return { ...ran, board, runner };
}

test.each([
  [
    "recovery",
    [
      ["relay", "1", "off"],
      ["relay", "2", "on"],
    ],
  ],
  ["exit", [["relay", "1", "on"]]],
])("%s: off, switches, on", async (mode, calls) => {
  const { outcome, board, runner, ended } = await run({ commands: mode });
  expect(outcome).toEqual({ result: "pass" });
  expect(runner.calls).toEqual(calls);
  expect(board.power.calls).toEqual(["off", "on", "off"]);
  expect(ended.slice(0, 4)).toEqual(["power-off pass", "switch-recovery pass", "power-on pass", "recovery-boot pass"]);
});

test("a device that does not say how is refused before it is switched", async () => {
  const { outcome, board } = await run({ commands: "recovery" }, deviceWith({}));
  expect(outcome).toMatchObject({ error: { code: "ERR_COMMAND_MISSING", kind: "configuration" } });
  expect(board.power.calls).not.toContain("on");
});

test("a switch that fails ends the job, and the device stays off", async () => {
  const { outcome, board } = await run(
    { commands: "recovery" },
    undefined,
    new FakeProcessRunner().answer("relay", { code: 3, stderr: "stuck" }),
  );
  expect(outcome).toMatchObject({ error: { kind: "infrastructure", message: expect.stringContaining("stuck") } });
  expect(board.power.calls).not.toContain("on");
});
