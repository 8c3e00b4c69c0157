import { GuestDriveSlot, OverlaySlot, PreTestCommandsSlot } from "@basalt/actions-common";
import { FileStoreToken, type JsonObject, ProcessRunnerToken } from "@basalt/core";
import { FakeFiles, FakeProcessRunner, planOf, planText, runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import { applyOverlayGuest } from "./apply-overlay-guest.js";
import { deployImages } from "./index.js";

const device: JsonObject = {
  hostname: "qemu-01",
  actions: {
    deploy: { methods: { image: { parameters: { guest: { interface: "virtio", driveid: "lava", size: 64 } } } } },
  },
};
const job = (deploy: JsonObject): JsonObject => ({
  job_name: "x",
  timeouts: { job: { minutes: 10 }, action: { minutes: 2 } },
  actions: [{ deploy: { to: "tmpfs", ...deploy } }],
});

test("the plan: downloads in the job's order, each with its own retry", () => {
  const images = {
    rootfs: { url: "http://x/rootfs.img.gz", compression: "gz" },
    kernel: { url: "file:///srv/vmlinuz" },
  };
  expect(planText(planOf({ job: job({ images, failure_retry: 2 }), device, strategies: [deployImages] }))).toBe(
    [
      "1 deployimages 2m",
      "  1.1 download-retry 2m x2",
      "    1.1.1 http-download 1m http://x/rootfs.img.gz",
      "  1.2 download-retry 2m x2",
      "    1.2.1 file-download 1m file:///srv/vmlinuz",
      "2 finalize 2m",
      "  2.1 power-off 2m",
      "  2.2 read-feedback 2m",
      "",
    ].join("\n"),
  );
});

test("named overlays are fetched inside the image's retry and appended last", () => {
  const images = {
    initrd: {
      url: "http://x/initrd",
      format: "cpio.newc",
      overlays: { modules: { url: "http://x/modules.tar", format: "tar", path: "/" } },
    },
  };
  const text = planText(planOf({ job: job({ images }), device, strategies: [deployImages] }));
  expect(
    text
      .split("\n")
      .slice(1, 6)
      .map((line) => line.trim()),
  ).toEqual([
    "1.1 download-retry 2m",
    "1.1.1 http-download 2m http://x/initrd",
    "1.1.2 download-retry 2m",
    "1.1.2.1 http-download 2m http://x/modules.tar",
    "1.1.3 append-overlays 2m",
  ]);
});

test.each([
  [{}, device, /has no 'images'/],
  [{ images: {}, type: "other" }, device, /type 'other'/],
  [{ images: {} }, { hostname: "board" }, /lists no deploy method 'image'/],
])("%j is refused with the reason", (deploy, on, reason) => {
  expect(() => planOf({ job: job(deploy), device: on as JsonObject, strategies: [deployImages] })).toThrow(reason);
});

test("the overlay becomes an ext2 drive that the guest is told to mount", async () => {
  const files = new FakeFiles("/jobs/42");
  const runner = new FakeProcessRunner().answer("mke2fs");
  const ran = await runPlan(applyOverlayGuest, {
    section: "deploy",
    device,
    slots: [[OverlaySlot, { folder: "/jobs/42/overlay", resultsDir: "/lava-42", shell: "/bin/sh" }]],
    services: [
      [FileStoreToken, files],
      [ProcessRunnerToken, runner],
    ],
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  const [argv = []] = runner.calls;
  expect(argv.slice(0, 5)).toEqual(["mke2fs", "-q", "-F", "-t", "ext2"]);
  expect(argv).toContain("/jobs/42/overlay/lava-42");
  expect(argv.at(-1)).toBe("64M");
  const uuid = argv[argv.indexOf("-U") + 1];
  expect(uuid).toMatch(/^[0-9a-f-]{36}$/);
  const drive = ran.slot(GuestDriveSlot);
  expect(drive?.arguments).toEqual(["-drive", `format=raw,file=${drive?.path},media=disk,if=virtio,id=lava`]);
  expect(ran.slot(PreTestCommandsSlot)).toEqual([
    "mkdir -p /lava-42",
    `mount UUID=${uuid} -t ext2 /lava-42`,
    expect.stringContaining("lava-test-runner"),
  ]);
});

test("mke2fs's words are in the error, and a worker without it is told what to install", async () => {
  const run = (runner: FakeProcessRunner) =>
    runPlan(applyOverlayGuest, {
      section: "deploy",
      device,
      slots: [[OverlaySlot, { folder: "/o", resultsDir: "/lava-1", shell: "/bin/sh" }]],
      services: [[ProcessRunnerToken, runner]],
    });
  const full = await run(
    new FakeProcessRunner().answer("mke2fs", { code: 1, stderr: "mke2fs: No space left on device" }),
  );
  expect(full.outcome).toMatchObject({
    error: { kind: "infrastructure", code: "ERR_TOOL_FAILED", message: expect.stringContaining("No space left") },
  });
  const missing = await run(new FakeProcessRunner());
  expect(missing.outcome).toMatchObject({
    error: { code: "ERR_TOOL_MISSING", message: expect.stringContaining("e2fsprogs") },
  });
});
