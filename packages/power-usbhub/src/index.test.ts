import { ProcessRunnerToken, toDevice } from "@basalt/core";
import { FakeProcessRunner, pluginContract, resolveOf, silentLog } from "@basalt/testing";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { usbhub } from "./index.js";

const status = (line: string): string => `Current status for hub 1-1.4 [05e3:0610 USB2.1 Hub]\n${line}\n`;
const options = { signal: new AbortController().signal, log: silentLog };

function power(runner: FakeProcessRunner) {
  return usbhub.create({
    device: toDevice({}),
    config: { location: "1-1.4", port: 2, off_seconds: 0 },
    resolve: resolveOf([ProcessRunnerToken, runner]),
  });
}

let on = false;
const hub = ({ stuck = false } = {}) =>
  new FakeProcessRunner().answer("uhubctl", (argv) => {
    if (argv.includes("-a") && !stuck) on = argv.at(-1) === "on";
    return { stdout: status(on ? "  Port 2: 0503 power highspeed enable connect [1d6b:0104]" : "  Port 2: 0000 off") };
  });
const dark = (runner: FakeProcessRunner) => {
  on = false;
  return power(runner);
};

test("switches a hub's port with uhubctl and reads it back", async () => {
  const runner = hub();
  await power(runner).reset(options);
  expect(runner.calls.filter((argv) => argv.includes("-a"))).toEqual([
    ["uhubctl", "-l", "1-1.4", "-p", "2", "-a", "off"],
    ["uhubctl", "-l", "1-1.4", "-p", "2", "-a", "on"],
  ]);
});

test("uhubctl's words are in the error", async () => {
  const runner = new FakeProcessRunner().answer("uhubctl", {
    code: 1,
    stderr: "No compatible devices detected at location 1-1.4!",
  });
  await expect(power(runner).on(options)).rejects.toMatchObject({
    kind: "infrastructure",
    message: expect.stringContaining("No compatible devices"),
  });
});

test("a worker without uhubctl is told what to install", async () => {
  await expect(power(new FakeProcessRunner()).on(options)).rejects.toMatchObject({
    code: "ERR_TOOL_MISSING",
    message: expect.stringContaining("uhubctl"),
  });
});

const contract = pluginContract(plugin, {
  manifest,
  power: {
    power: () => power(hub()),
    absent: () => power(new FakeProcessRunner()),
    refuses: {
      "no such hub": () => dark(hub().answer("uhubctl", { code: 1, stderr: "No compatible devices detected" })),
    },
    hangsOnce: () => dark(hub().stall("uhubctl", 1)),
    stuck: () => dark(hub({ stuck: true })),
    isOn: () => on,
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
