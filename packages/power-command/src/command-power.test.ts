import { type ProcessRunner, ProcessRunnerToken, toDevice } from "@basalt/core";
import { FakeProcessRunner, silentLog as log, pluginContract, resolveOf } from "@basalt/testing";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { commandPower } from "./index.js";

const { signal } = new AbortController();

function powerOf(commands: Record<string, string | string[]>, runner: ProcessRunner) {
  const device = toDevice({ hostname: "lab-bbb-1", commands });
  return commandPower.create({ device, config: {}, resolve: resolveOf([ProcessRunnerToken, runner]) });
}

test("calls the dictionary's commands, one or a list", async () => {
  const runner = new FakeProcessRunner().answer(/^(pdu|sleep) /);
  const power = powerOf(
    { power_on: "pdu on 3", power_off: ["pdu off 3"], hard_reset: ["pdu off 3", "sleep 2", "pdu on 3"] },
    runner,
  );
  await power.on({ signal, log });
  await power.reset({ signal, log });
  await power.off({ signal, log });
  expect(runner.calls.map((argv) => argv.join(" "))).toEqual([
    "pdu on 3",
    "pdu off 3",
    "sleep 2",
    "pdu on 3",
    "pdu off 3",
  ]);
});

test("a command that fails blames the lab with what it said; the rest is not run", async () => {
  const runner = new FakeProcessRunner().answer("pdu", { code: 1, stderr: "outlet 3: no answer" });
  const power = powerOf({ hard_reset: ["pdu off 3", "pdu on 3"] }, runner);
  const failure = power.reset({ signal, log });
  await expect(failure).rejects.toMatchObject({ code: "ERR_DEVICE_COMMAND", kind: "infrastructure" });
  await expect(failure).rejects.toThrow(/hard_reset failed.*outlet 3: no answer/);
  expect(runner.calls).toHaveLength(1);
});

test("what the dictionary does not have is no silent success", async () => {
  const power = powerOf({ power_on: "pdu on" }, new FakeProcessRunner());
  await expect(power.off({ signal, log })).rejects.toMatchObject({
    code: "ERR_COMMAND_MISSING",
    kind: "configuration",
  });
});

const commands = { power_on: "pdu on 3", power_off: "pdu off 3", hard_reset: ["pdu off 3", "pdu on 3"] };
let outlet = "off";
const pdu = () =>
  new FakeProcessRunner().answer(/^pdu /, (argv) => {
    outlet = argv[1] ?? "";
    return {};
  });
const contract = pluginContract(plugin, {
  manifest,
  power: {
    power: () => powerOf(commands, pdu()),
    absent: () => powerOf(commands, new FakeProcessRunner()),
    refuses: {
      "a command that fails"() {
        outlet = "off";
        return powerOf(commands, pdu().answer("pdu", { code: 1, stderr: "no answer" }));
      },
      "a command that was killed"() {
        outlet = "off";
        return powerOf(
          commands,
          pdu().answer("pdu", () => ({ code: undefined, endedBy: "SIGSEGV" }) as never),
        );
      },
    },
    hangsOnce: () => powerOf(commands, pdu().stall("pdu", 1)),
    stuck: "a command does not tell the state",
    isOn: () => outlet === "on",
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
