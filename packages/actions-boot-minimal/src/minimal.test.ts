import { readFileSync } from "node:fs";
import { ConnectionsToken, type JsonObject, PowerToken } from "@basalt/core";
import {
  expectManifestMatches,
  FakeConnections,
  FakePower,
  planOf,
  planText,
  runPlan,
  SimulatedBoard,
  type SimulatedBoardOptions,
} from "@basalt/testing";
import { expect, test } from "vitest";
import plugin, { minimal } from "./index.js";

const device: JsonObject = {
  hostname: "board-01",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  commands: { connect: "telnet x 1", hard_reset: "pdu cycle", power_off: "pdu off" },
  actions: { boot: { methods: { minimal: null } } },
};
const job = (boot: JsonObject, timeouts: JsonObject = {}): JsonObject => ({
  job_name: "x",
  timeouts: { job: { minutes: 5 }, action: { seconds: 20 }, ...timeouts },
  actions: [{ boot: { method: "minimal", ...boot } }],
});

async function boot(params: JsonObject, options: SimulatedBoardOptions, timeouts: JsonObject = {}) {
  await using board = new SimulatedBoard({ autobootMs: 10, ...options });
  const power = new FakePower({ load: board });
  const connections = new FakeConnections(() => board.connect());
  const plan = planOf({ job: job(params, timeouts), device, strategies: [minimal] });
  const ran = await runPlan(plan, {
    services: [
      [PowerToken, power],
      [ConnectionsToken, connections],
    ],
  });
  return { ...ran, power, connections, boots: board.boots };
}

const login = { auto_login: { login_prompt: "login:", username: "root" }, prompts: ["root@basalt:~#"] };

test("powers the board, logs in, switches it off and closes the console", async () => {
  const ran = await boot(login, {});
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(ran.power.isOn).toBe(false);
  expect(ran.connections.closed).toEqual(["connect"]);
});

test("a board that hangs is tried again and never logs in on an old prompt", async () => {
  const ran = await boot(
    { ...login, failure_retry: 2 },
    { faults: [{ kind: "hang", at: "login", boots: 1 }] },
    { actions: { "login-action": { seconds: 1 }, "auto-login-action": { seconds: 2 } } },
  );
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(ran.boots).toBe(2);
  expect(ran.power.isOn).toBe(false);
});

test("a silent board times out in the action that waits", async () => {
  const ran = await boot(
    login,
    { faults: [{ kind: "hang", at: "power-on" }] },
    { actions: { "auto-login-action": { seconds: 1 } } },
  );
  expect(ran.outcome).toMatchObject({
    action: "auto-login-action",
    error: { kind: "job", code: "ERR_ACTION_TIMEOUT" },
  });
  expect(ran.power.isOn).toBe(false);
});

test("a console that breaks is the lab's fault", async () => {
  const ran = await boot(login, { faults: [{ kind: "drop-console", at: "kernel" }] });
  expect(ran.outcome).toMatchObject({ error: { kind: "infrastructure", code: "ERR_CONNECTION_CLOSED" } });
  expect(ran.power.isOn).toBe(false);
});

test("the plan: what the block asks for", () => {
  const lines = (params: JsonObject): string[] =>
    planText(planOf({ job: job(params), device, strategies: [minimal] }))
      .split("\n")
      .map((line) => line.trim().split(" ")[1] ?? "");
  expect(lines({ reset: false }).slice(0, 3)).toEqual(["minimal-boot", "connect-device", "finalize"]);
  expect(lines({ pre_power_command: true, pre_os_command: true }).slice(0, 6)).toEqual([
    "minimal-boot",
    "connect-device",
    "pre-power-command",
    "pre-os-command",
    "reset-device",
    "pdu-reboot",
  ]);
});

test("the manifest is true", () => {
  expectManifestMatches(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")), plugin);
});
