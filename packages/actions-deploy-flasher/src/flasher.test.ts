import type { JsonObject } from "@basalt/core";
import { FakeProcessRunner, planOf, planText, runDeploy } from "@basalt/testing";
import { expect, test } from "vitest";
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const deviceWith = (commands: string[]): JsonObject => ({
  hostname: "board-01",
  commands: { hard_reset: ["pdu off", "pdu on"], pre_power_command: "hub on" },
  device_info: [{ board_id: "it's" }],
  actions: { deploy: { methods: { flasher: { commands } } } },
});
const images = {
  kernel: { url: "http://x/Image.gz", compression: "gz" },
  big: { url: "http://x/{id}/big", download: false },
};

const run = (commands: string[], runner: FakeProcessRunner, block: JsonObject = {}) =>
  runDeploy({
    strategies,
    device: deviceWith(commands),
    block: { to: "flasher", images, ...block },
    serves: { "http://x/Image.gz": "k" },
    runner,
  });

test("the plan: what is not to be downloaded is not", () => {
  const job = {
    timeouts: { job: { hours: 1 } },
    actions: [{ deploy: { to: "flasher", images, failure_retry: 2, timeout: { minutes: 4 } } }],
  };
  expect(
    planText(planOf({ job, device: deviceWith(["x"]), strategies }))
      .split("\n")
      .slice(0, 4)
      .map((line) => line.trim()),
  ).toEqual([
    "1 deploy-flasher-retry 4m x2",
    "1.1 deploy-flasher 2m",
    "1.1.1 download-retry 4m x2",
    "1.1.1.1 http-download 2m http://x/Image.gz",
  ]);
});

test("the commands run when all is there, split as a shell would, with files, addresses and the device's commands", async () => {
  const { outcome, runner, ended } = await run(
    [
      "flash '{KERNEL}' --from {BIG} {UNKNOWN}",
      'bash -c "{HARD_RESET_COMMAND}"',
      "tool {DEVICE_INFO} {PRE_POWER_COMMAND}",
    ],
    new FakeProcessRunner().answer("flash").answer("bash").answer("tool"),
  );
  expect(outcome).toEqual({ result: "pass" });
  expect(runner.calls).toEqual([
    ["flash", "/jobs/1/1-deploy-flasher/kernel/Image", "--from", "http://x/{id}/big", "{UNKNOWN}"],
    ["bash", "-c", "pdu off && pdu on"],
    ["tool", '[{"board_id":"it\'s"}]', "hub", "on"],
  ]);
  expect(ended.slice(0, 3)).toEqual(["http-download pass", "download-retry pass", "deploy-flasher pass"]);
});

test("a command that fails is the lab's fault, with its words; the whole is tried again", async () => {
  const { outcome, runner } = await run(
    ["flash {KERNEL}", "next"],
    new FakeProcessRunner().answer("flash", { code: 1, stderr: "no card" }),
    { failure_retry: 2 },
  );
  expect(outcome).toMatchObject({
    error: { kind: "infrastructure", code: "ERR_TOOL_FAILED", message: expect.stringContaining("no card") },
  });
  expect(runner.calls).toHaveLength(2);
});

test("a device without commands is refused", async () => {
  const { outcome } = await run([], new FakeProcessRunner());
  expect(outcome).toMatchObject({ error: { kind: "configuration", code: "ERR_DEVICE_INVALID" } });
});
