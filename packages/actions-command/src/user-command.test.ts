import { type JsonObject, PowerToken, ProcessRunnerToken } from "@basalt/core";
import { FakePower, FakeProcessRunner, planOf, planText, runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import { command, userCommand } from "./index.js";

const device: JsonObject = {
  hostname: "board-01",
  commands: {
    hard_reset: "/opt/pdu cycle 3",
    power_off: "/opt/pdu off 3",
    recovery_mode: ["/opt/jumper on"],
    users: { mux: { do: ["/opt/mux 1", "sleep 1"], undo: "/opt/mux 0" }, touch: { do: "touch /tmp/x" } },
  },
};

async function run(name: string, runner = new FakeProcessRunner().answer(/.*/)) {
  const power = new FakePower();
  const ran = await runPlan(userCommand({ name }), {
    section: "command",
    device,
    services: [
      [PowerToken, power],
      [ProcessRunnerToken, runner],
    ],
  });
  return { ...ran, ranCommands: runner.calls.map((argv) => argv.join(" ")), power };
}

test("the admin's own command runs, and is undone when the job ends", async () => {
  const { outcome, ranCommands } = await run("mux");
  expect(outcome).toEqual({ result: "pass" });
  expect(ranCommands).toEqual(["/opt/mux 1", "sleep 1", "/opt/mux 0"]);
});

test("what did not run is not undone", async () => {
  const runner = new FakeProcessRunner().answer("/opt/mux 1", { code: 3, stderr: "no such port" });
  const { outcome, ranCommands } = await run("mux", runner);
  expect(outcome).toMatchObject({
    error: {
      kind: "infrastructure",
      code: "ERR_DEVICE_COMMAND",
      message: expect.stringMatching(/mux.*3.*no such port/s),
    },
  });
  expect(ranCommands).toEqual(["/opt/mux 1"]);
});

test("builtins: power goes through the device's driver, others are its commands", async () => {
  expect((await run("hard_reset")).power.calls).toContain("reset");
  expect((await run("recovery_mode")).ranCommands).toEqual(["/opt/jumper on"]);
});

test("an unknown command is refused before anything is switched, with the nearest known one", async () => {
  const { outcome, ranCommands } = await run("tuoch");
  expect(outcome).toMatchObject({
    error: { kind: "job", message: expect.stringMatching(/'tuoch'.*Did you mean 'touch'/) },
  });
  expect(ranCommands).toEqual([]);
});

test("a builtin that the device lacks is the configuration's fault", async () => {
  expect((await run("power_on")).outcome).toMatchObject({
    error: { kind: "configuration", code: "ERR_COMMAND_MISSING", message: expect.stringContaining("power_on") },
  });
});

const planned = (timeouts: JsonObject, block: JsonObject): string =>
  planText(
    planOf({
      job: {
        job_name: "x",
        timeouts: { job: { minutes: 10 }, ...timeouts },
        actions: [{ command: { name: "touch", ...block } }],
      },
      device,
      strategies: [command],
    }),
  ).split("\n")[0] ?? "";

test("its time limit is the job's for actions, else the block's, else LAVA's default", () => {
  expect(planned({}, {})).toBe("1 user-command 30s");
  expect(planned({}, { timeout: { minutes: 1 } })).toBe("1 user-command 1m");
  expect(planned({ action: { minutes: 2 } }, { timeout: { minutes: 1 } })).toBe("1 user-command 2m");
  expect(planned({ action: { minutes: 2 }, actions: { "user-command": { minutes: 3 } } }, {})).toBe(
    "1 user-command 3m",
  );
});

test("test services are taken down by name, the last one first", async () => {
  const runner = new FakeProcessRunner().answer("docker");
  await runPlan(userCommand({ name: "stop_test_services" }), {
    section: "command",
    device,
    jobId: "42",
    params: { services: [{ name: "a" }, { name: "B.c" }] },
    services: [
      [PowerToken, new FakePower()],
      [ProcessRunnerToken, runner],
    ],
  });
  expect(runner.calls.map((argv) => argv.join(" "))).toEqual([
    "docker compose --project-name lava-42-b-c down --volumes",
    "docker compose --project-name lava-42-a down --volumes",
  ]);
});
