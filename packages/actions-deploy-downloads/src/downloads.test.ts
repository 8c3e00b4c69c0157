import type { JsonObject } from "@basalt/core";
import { FakeFiles, FakeProcessRunner, plannedNames, runDeploy } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const deviceWith = (more: JsonObject = {}): JsonObject => ({
  hostname: "board-01",
  actions: { deploy: { methods: { overlay: null } } },
  commands: { connect: "telnet x 1", hard_reset: "reset" },
  ...more,
});
const images = { b: { url: "http://x/b.img.gz", compression: "gz" }, a: { url: "http://x/a.bin" } };
const names = (block: JsonObject, device = deviceWith()): readonly string[] =>
  plannedNames({ actions: [{ deploy: block }], device, strategies });
const fetch = ["download-retry", "http-download", "download-retry", "http-download"];

describe("plans", () => {
  test("downloads: in the job's order, postprocess last", () => {
    expect(names({ to: "downloads", images, postprocess: { docker: { image: "debian", steps: ["ls"] } } })).toEqual([
      "downloads",
      ...fetch,
      "download-postprocess-docker",
    ]);
  });
  test.each([
    [
      "with U-Boot's fastboot",
      { fastboot_via_uboot: true },
      ["connect-device", "uboot-enter-fastboot", "reset-device", "pdu-reboot", "bootloader-interrupt"],
    ],
    ["with a reset", {}, ["connect-device", "reset-device", "pdu-reboot"]],
    ["without", { commands: {} }, ["enter-fastboot-action"]],
  ])("download %s", (_what, more, expected) => {
    expect(names({ to: "download", images }, deviceWith(more))).toEqual(["download-deploy", ...expected, ...fetch]);
  });
  test("overlay: a node without children where no test needs one", () => {
    expect(names({ to: "overlay" })).toEqual(["lava-overlay"]);
    expect(() => names({ to: "overlay" }, { hostname: "x" })).toThrow("no deploy method 'overlay'");
  });
});

const serves = { "http://x/b.img.gz": "b", "http://x/a.bin": "a" };
const run = (block: JsonObject, runner = new FakeProcessRunner().answer("docker"), files = new FakeFiles()) =>
  runDeploy({ strategies, device: deviceWith(), block, serves, runner, files });

test("files lie beside each other, without the extension of what was unpacked on the way; uniquify gives them folders", async () => {
  const { outcome, files } = await run({ to: "downloads", images });
  expect(outcome).toEqual({ result: "pass" });
  expect([...files.files.keys()]).toEqual(["/jobs/1/downloads/common/b.img", "/jobs/1/downloads/common/a.bin"]);
  const unique = await run({ to: "downloads", images, uniquify: true });
  expect([...unique.files.files.keys()]).toEqual([
    "/jobs/1/downloads/common/b/b.img",
    "/jobs/1/downloads/common/a/a.bin",
  ]);
});

test("postprocess runs its steps in a container that sees the files, and goes with it", async () => {
  let script = "";
  const files = new FakeFiles();
  const runner = new FakeProcessRunner().answer("docker", async (argv) => {
    if (argv[1] === "run") script = await files.readText("/jobs/1/downloads/common/postprocess.sh");
    return {};
  });
  const postprocess = { docker: { image: "debian:12", local: true, steps: ["ls", "sha256sum a.bin"] } };
  const { outcome } = await run({ to: "downloads", images: { a: images.a }, postprocess }, runner, files);
  expect(outcome).toEqual({ result: "pass" });
  expect(script).toBe("#!/bin/sh\nset -e\nset -x\ncd /lava-downloads\nls\nsha256sum a.bin\n");
  const started = runner.calls.find((argv) => argv[1] === "run") ?? [];
  expect(started).toContain("--mount=type=bind,source=/jobs/1/downloads/common,destination=/lava-downloads");
  expect(started.slice(-3)).toEqual(["debian:12", "sh", "/lava-downloads/postprocess.sh"]);
  expect(runner.calls.at(-1)?.slice(1, 3)).toEqual(["rm", "--force"]);
});

test("a step that fails is told with its words", async () => {
  const runner = new FakeProcessRunner().answer("docker").answer(/^docker run/, { code: 2, stderr: "no such file" });
  const { outcome } = await run(
    { to: "downloads", images, postprocess: { docker: { image: "debian", steps: ["x"] } } },
    runner,
  );
  expect(outcome).toMatchObject({
    action: "download-postprocess-docker",
    error: { code: "ERR_TOOL_FAILED", message: expect.stringContaining("no such file") },
  });
});
