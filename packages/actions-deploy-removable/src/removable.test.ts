import { downloadedSlot, MediaRootSlot, SessionSlot } from "@basalt/actions-common";
import {
  Console,
  FileServerToken,
  inNamespace,
  type JsonObject,
  ProcessRunnerToken,
  toDevice,
  toJob,
} from "@basalt/core";
import { FakeProcessRunner, FakeShell, fakeSteps, plannedNames, runPlan } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import { ddCommand } from "./dd-command.js";
import { ddImage, shellNamespace } from "./dd-image.js";
import { removable, ubootUms, usbgMs } from "./index.js";
import { showImage } from "./usbg-ms.js";

const device: JsonObject = {
  hostname: "b",
  parameters: { media: { usb: { stick: { uuid: "usb-X-0:0", device_id: 0 } } } },
  actions: {
    deploy: { methods: { "u-boot-ums": null, "usbg-ms": { disable: "gadget off", enable: "gadget on {IMAGE}" } } },
  },
};
const names = (deploy: JsonObject, tested = true): readonly string[] => {
  const actions = [{ deploy }, ...(tested ? [{ test: { definitions: [] } }] : [])];
  return plannedNames({ actions, device, strategies: [removable, ubootUms, usbgMs, ...fakeSteps] });
};
const overlay = ["lava-overlay", "lava-multinode-overlay", "test-definition", "compress-overlay"];
const fetched = ["download-retry", "http-download"];

test("plans", () => {
  const image = { url: "http://x/i" };
  const usb = { to: "usb", device: "stick" };
  expect(names({ ...usb, image })).toEqual([
    ...["storage-deploy", ...overlay, ...fetched, "apply-overlay-image", "dd-image", "deploy-device-env"],
  ]);
  expect(names({ ...usb, image }, false)).toEqual(["storage-deploy", ...fetched, "dd-image"]);
  expect(names({ ...usb, images: { image: { ...image, "apply-overlay": true }, bmap: image } })).toEqual([
    ...["storage-deploy", ...overlay, ...fetched, "apply-overlay-image", ...fetched, "dd-image", "deploy-device-env"],
  ]);
  expect(names({ to: "u-boot-ums", image })).toEqual([
    ...["uboot-ums-deploy", ...fetched, ...overlay, "apply-overlay-image", "deploy-device-env"],
  ]);
  expect(names({ to: "usbg-ms", image })).toEqual(["usbg-ms", ...overlay, ...fetched, "deploy-device-env"]);
});

test("a medium that the device does not have is refused", () => {
  expect(() => names({ to: "usb", device: "other", image: { url: "http://x/i" } })).toThrow(/no medium 'other'/);
});

test("the command line: wget and dd, or what the job names", () => {
  const values = { DOWNLOAD_URL: "http://h/i", DEVICE: "/dev/d" };
  expect(ddCommand({}, values).line).toMatch(/^\/usr\/bin\/wget .* -O - http:\/\/h\/i \| \/bin\/dd of=\/dev\/d bs=4M$/);
  const bmap = { writer: { tool: "bmaptool", options: "copy {DOWNLOAD_URL} {DEVICE}", prompt: "bmaptool: info" } };
  expect(ddCommand(bmap, values)).toEqual({ line: "bmaptool copy http://h/i /dev/d", donePrompts: ["bmaptool: info"] });
  const both = { download: { tool: "curl", options: "{DOWNLOAD_URL}", prompt: "%" }, tool: { prompts: ["done"] } };
  expect(ddCommand(both, values)).toEqual({
    line: "curl http://h/i | /bin/dd of=/dev/d bs=4M",
    downloadPrompt: "%",
    donePrompts: ["done"],
  });
});

test("the shell: the own namespace's, the connection-namespace's, or the last boot's", () => {
  const at = (deploy: JsonObject) => {
    const job = toJob({
      job_name: "x",
      timeouts: { job: { hours: 1 } },
      actions: [
        { boot: { method: "m", namespace: "a" } },
        { boot: { method: "m", namespace: "b" } },
        { deploy: { to: "usb", ...deploy } },
      ],
    });
    return shellNamespace({ job, block: job.blocks[2]! });
  };
  expect(at({ namespace: "a" })).toBe("a");
  expect(at({ namespace: "c" })).toBe("b");
  expect(at({ namespace: "c", "connection-namespace": "a" })).toBe("a");
});

async function write(said: readonly string[], params: JsonObject = {}) {
  const shell = new FakeShell((line) => [line, ...said, "# "].join("\r\n"));
  const session = { console: new Console(shell.line, {}), prompts: ["# $"], lineSeparator: "\n" };
  const own = { to: "usb", device: "stick", image: {}, ...params };
  const job = toJob({
    job_name: "x",
    timeouts: { job: { hours: 1 } },
    actions: [{ boot: { method: "m" } }, { deploy: own }, { boot: { method: "m", root_uuid: "UUID=1", boot_part: 2 } }],
  });
  const request = { job, block: job.blocks[1], device: toDevice(device), params: own };
  const ran = await runPlan(ddImage(request as never), {
    device,
    section: "deploy",
    slots: [
      [inNamespace(SessionSlot, "common"), session],
      [downloadedSlot("image"), { path: "/j/i.img", url: "", sha256: "" }],
    ],
    services: [[FileServerToken, { offer: async (path: string) => `http://10.0.0.1/tmp${path}` }]],
  });
  await session.console[Symbol.asyncDispose]();
  return { ...ran, typed: shell.typed.join("\n") };
}

describe("dd-image", () => {
  test("writes, and tells the bootloader where", async () => {
    const ran = await write(["10+0 records out", "<LAVA_SIGNAL_RETRUNCODE 0>"]);
    expect(ran.outcome).toEqual({ result: "pass" });
    expect(ran.typed).toContain(
      "-O - http://10.0.0.1/tmp/j/i.img | /bin/dd of=/dev/disk/by-id/usb-X-0:0 bs=4M && sync ;",
    );
    expect(ran.slot(MediaRootSlot)).toEqual({ root: "UUID=1", part: "0:2" });
  });
  test.each([
    ["nothing was fetched", ["0+0 records out", "<LAVA_SIGNAL_RETRUNCODE 0>"], {}, "wrote nothing"],
    ["the writer failed", ["10+0 records out", "<LAVA_SIGNAL_RETRUNCODE 1>"], {}, "ended with 1"],
    ["there is no such tool", ["sh: not found", "<LAVA_SIGNAL_RETRUNCODE 127>"], {}, "ended with 127 and never said"],
    ["the download never began", ["<LAVA_SIGNAL_RETRUNCODE 1>"], { download: { prompt: "200 OK" } }, "200 OK"],
  ])("%s: the lab's fault", async (_what, said, params, message) => {
    const { outcome } = await write(said, params);
    expect(outcome).toMatchObject({
      error: { kind: "infrastructure", code: "ERR_STORAGE_WRITE", message: expect.stringContaining(message) },
    });
  });
});

test("usbg-ms: off, then on with the image; other keys are the configuration's fault", async () => {
  const runner = new FakeProcessRunner().answer("gadget");
  const run = (dictionary: JsonObject) =>
    runPlan(showImage, {
      device: dictionary,
      slots: [[downloadedSlot("image"), { path: "/j/i.img", url: "", sha256: "" }]],
      services: [[ProcessRunnerToken, runner]],
    });
  expect((await run(device)).outcome).toEqual({ result: "pass" });
  expect(runner.calls).toEqual([
    ["gadget", "off"],
    ["gadget", "on", "/j/i.img"],
  ]);
  const wrong = { hostname: "b", actions: { deploy: { methods: { "usbg-ms": { enable: "x" } } } } };
  expect((await run(wrong)).outcome).toMatchObject({ error: { kind: "configuration", code: "ERR_DEVICE_INVALID" } });
});
