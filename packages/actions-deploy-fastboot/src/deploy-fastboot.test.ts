import { detectFastbootDevice, downloadedSlot, enterFastboot, FastbootSerialSlot } from "@basalt/actions-common";
import { FileStoreToken, type JsonObject, ProcessRunnerToken, toDevice } from "@basalt/core";
import {
  expectManifestMatches,
  FakeClock,
  FakeFiles,
  FakeProcessRunner,
  fakeTests,
  planOf,
  planText,
  runPlan,
} from "@basalt/testing";
import { expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { flashPlan } from "./flash-order.js";
import plugin, { fastboot } from "./index.js";

test("the manifest is true", () => expectManifestMatches(packageJson, plugin));

const dictionary: JsonObject = {
  hostname: "phone-01",
  adb_serial_number: "ABC1",
  fastboot_serial_number: "ABC1",
  fastboot_options: ["-i", "0x1fc9"],
  flash_cmds_order: ["boot", "rootfs"],
  actions: { deploy: { methods: { fastboot: null } } },
};
const tests = [fakeTests];
const planLines = (device: JsonObject, deploy: JsonObject, tested = false): readonly string[] => {
  const actions = [{ deploy: { to: "fastboot", ...deploy } }, ...(tested ? [{ test: { definitions: [] } }] : [])];
  const job = { job_name: "x", timeouts: { job: { minutes: 9 } }, actions };
  const text = planText(planOf({ job, device: { ...dictionary, ...device }, strategies: [fastboot, ...tests] }));
  return text.split("\n").flatMap((line) => /^ *1[.\d]* (\S+)/.exec(line)?.[1] ?? []);
};
const images = {
  rootfs: { url: "http://x/r.img", "apply-overlay": true },
  boot: { url: "http://x/b.img", reboot: "hard-reset" },
};
const flashing = ["wait-device-boardid", "fastboot-flash-action"];

test("the plan without a reset: listed partitions first, reboots between, the device's data once per image", () => {
  expect(planLines({}, { images }, true)).toEqual([
    ...["fastboot-deploy", "lava-overlay", "lava-multinode-overlay", "test-definition", "compress-overlay"],
    ...["download-retry", "http-download", "apply-overlay-sparse-image", "deploy-device-env"],
    ...["download-retry", "http-download", "deploy-device-env", "enter-fastboot-action"],
    ...["fastboot-flash-order-action", "read-feedback", ...flashing, "pdu-reboot", "read-feedback", ...flashing],
  ]);
});

test("a plain image gets the overlay as such; without tests none", () => {
  const plain = { boot: { url: "http://x/b", "apply-overlay": true, sparse: false } };
  expect(planLines({}, { images: plain }, true)).toContain("apply-overlay-image");
  expect(planLines({}, { images: plain }).some((name) => name.includes("overlay"))).toBe(false);
});

test("ways into fastboot: hard reset, U-Boot, detection only where the number is not set", () => {
  const one = { images: { boot: { url: "http://x/b" } } };
  const reset = { commands: { hard_reset: "pdu" } };
  const tail = ["fastboot-flash-order-action", "read-feedback", ...flashing];
  const head = ["fastboot-deploy", "download-retry", "http-download"];
  const resetting = ["reset-device", "pdu-reboot"];
  expect(planLines(reset, one)).toEqual([...head, "connect-device", "pre-power-command", ...resetting, ...tail]);
  const detecting = { ...reset, fastboot_serial_number: "0000000000", fastboot_auto_detection: true };
  expect(planLines(detecting, one)).toContain("detect-fastboot-device");
  expect(planLines({ ...reset, fastboot_auto_detection: true }, one)).not.toContain("detect-fastboot-device");
  expect(planLines({ ...reset, fastboot_via_uboot: true }, one)).toEqual([
    ...[...head, "connect-device", "uboot-enter-fastboot", ...resetting, "bootloader-interrupt", ...tail],
  ]);
});

test("a device without serial numbers is refused", () => {
  const { adb_serial_number: _adb, ...without } = dictionary;
  const job = { job_name: "x", timeouts: { job: { minutes: 9 } }, actions: [{ deploy: { to: "fastboot", images } }] };
  expect(() => planOf({ job, device: without, strategies: [fastboot] })).toThrow(/adb_serial_number/);
});

const usb = async (files: FakeFiles, name: string, values: JsonObject): Promise<void> => {
  for (const [key, value] of Object.entries(values))
    await files.write(`/sys/bus/usb/devices/${name}/${key}`, `${value}\n`);
};

async function flash(
  params: JsonObject,
  { plugAfter = 0, device = {} }: { plugAfter?: number; device?: JsonObject } = {},
) {
  const files = new FakeFiles();
  const clock = new FakeClock({ autoAdvance: true });
  await usb(files, "1-1", { busnum: 1, devnum: 3, serial: "OTHER", idVendor: "18d1" });
  await usb(files, "1-1:1.0", { bInterfaceClass: "ff" });
  const plug = usb.bind(undefined, files, "1-2", { busnum: 1, devnum: 12, serial: "ABC1", idVendor: "18d1" });
  if (plugAfter === 0) await plug();
  else void clock.sleep(plugAfter, { signal: new AbortController().signal }).then(plug);
  const runner = new FakeProcessRunner().answer("fastboot").answer("docker");
  const own = { ...dictionary, ...device };
  const ran = await runPlan(flashPlan({ device: toDevice(own), params } as never), {
    device: own,
    clock,
    section: "deploy",
    params,
    slots: [[downloadedSlot("boot"), { path: "/jobs/1/fastboot-deploy/boot/b.img", url: "", sha256: "" }]],
    services: [
      [ProcessRunnerToken, runner],
      [FileStoreToken, files],
    ],
  });
  return { ...ran, calls: runner.calls.map((argv) => argv.join(" ")) };
}

test("over USB: the board is waited for by its serial number, options end every command", async () => {
  const { outcome, calls, log } = await flash(
    { images: { boot: { reboot: "fastboot-reboot-fastboot" } } },
    { plugAfter: 2_000 },
  );
  expect(outcome).toEqual({ result: "pass" });
  expect(calls).toEqual([
    "fastboot -s ABC1 flash boot /jobs/1/fastboot-deploy/boot/b.img -i 0x1fc9",
    "fastboot -s ABC1 reboot-fastboot -i 0x1fc9",
  ]);
  expect(log.map(({ message }) => message)).toContain("found /dev/bus/usb/001/012");
});

test("a board that never comes is the lab's fault", async () => {
  const { outcome, calls } = await flash({ images: { boot: {} }, timeout: { seconds: 5 } }, { plugAfter: 60_000 });
  expect(outcome).toMatchObject({
    result: "fail",
    error: { kind: "infrastructure", message: expect.stringContaining("wait-device-boardid") },
  });
  expect(calls).toEqual([]);
});

test("in a container: the image is pulled, the board's node and the file's folder are given", async () => {
  const { calls } = await flash({ images: { boot: {} }, docker: { image: "adb:1" } });
  expect(calls).toEqual([
    "docker pull adb:1",
    "docker run --rm --init --hostname=lava --name=lava-docker-fastboot-1-1.3 --device=/dev/bus/usb/001/012 " +
      "--mount=type=bind,source=/jobs/1/fastboot-deploy/boot,destination=/jobs/1/fastboot-deploy/boot " +
      "adb:1 fastboot -s ABC1 flash boot /jobs/1/fastboot-deploy/boot/b.img -i 0x1fc9",
  ]);
});

test("a boot image that the device starts without flashing is left alone", async () => {
  const { calls } = await flash(
    { images: { boot: {} } },
    { device: { actions: { boot: { methods: { fastboot: ["no-flash-boot"] } } } } },
  );
  expect(calls).toEqual([]);
});

const detect = async (answers: readonly string[]) => {
  const runner = new FakeProcessRunner();
  let asked = 0;
  runner.answer("fastboot", () => ({ stdout: answers[Math.min(asked++, answers.length - 1)] ?? "" }));
  const clock = new FakeClock({ autoAdvance: true });
  const job = { timeouts: { job: { hours: 1 }, action: { minutes: 5 } } };
  const ran = await runPlan(detectFastbootDevice({}), { job, clock, services: [[ProcessRunnerToken, runner]] });
  return { ...ran, asked };
};

test("detection waits for the board, and refuses to choose", async () => {
  expect((await detect(["", "", "XYZ\tfastboot\n"])).slot(FastbootSerialSlot)).toBe("XYZ");
  expect((await detect(["XYZ\tfastboot\nABC\tfastboot\n"])).outcome).toMatchObject({
    error: { code: "ERR_FASTBOOT_DEVICE", message: expect.stringContaining("XYZ, ABC") },
  });
  const never = await detect([""]);
  expect(never.outcome).toMatchObject({ error: { code: "ERR_FASTBOOT_DEVICE", kind: "infrastructure" } });
  expect(never.asked).toBe(10);
});

test("a running system is restarted through adb, a bootloader through fastboot", async () => {
  const enter = async (listed: string) => {
    const runner = new FakeProcessRunner().answer(/^adb/).answer("adb devices", { stdout: listed }).answer("fastboot");
    await runPlan(enterFastboot({}), { device: dictionary, services: [[ProcessRunnerToken, runner]] });
    return runner.calls.map((argv) => argv.join(" ")).at(-1);
  };
  expect(await enter("List of devices attached\nABC1\tdevice\n")).toBe("adb -s ABC1 reboot bootloader");
  expect(await enter("List of devices attached\n")).toBe("fastboot -s ABC1 reboot-bootloader -i 0x1fc9");
});
