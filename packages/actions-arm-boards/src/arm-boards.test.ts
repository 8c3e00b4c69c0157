import { downloadedSlot, SessionSlot } from "@basalt/actions-common";
import {
  ArchiverToken,
  Console,
  FileStoreToken,
  type JsonObject,
  type PlanNode,
  ProcessRunnerToken,
  sequence,
} from "@basalt/core";
import { FakeArchiver, FakeFiles, FakeProcessRunner, FakeShell, plannedNames, runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import plugin from "./index.js";
import { enableDisk, enterMcc, eraseFlash } from "./mcc.js";
import {
  checkMuscaFlash,
  copyToDisk,
  DiskSlot,
  deployRebootFile,
  deployRecovery,
  extractRecovery,
  mountDisk,
  unmountDisk,
} from "./usb-disk.js";

const vemsd = {
  mcc_prompt: "Cmd>",
  msd_mount_cmd: "usb_on",
  autorun_prompt: "Press Enter to stop auto boot...",
  flash_prompt: "Flash>",
  flash_enter_cmd: "flash",
  flash_erase_cmd: "eraseall",
  flash_erase_msg: "Erasing Flash",
  flash_exit_cmd: "exit",
};
const deviceOf = (mps: JsonObject = {}, ve: JsonObject = vemsd): JsonObject => ({
  hostname: "arm-01",
  board_id: "B1",
  usb_filesystem_label: "V2M",
  commands: { connect: "telnet x 1", hard_reset: "pdu" },
  actions: {
    deploy: { methods: { mps: { parameters: mps }, musca: { id_serial: "usb-MBED-0:0" }, vemsd: { parameters: ve } } },
  },
});
const names = (block: JsonObject, device = deviceOf()): readonly string[] =>
  plannedNames({ actions: [block], device, strategies: plugin.strategies ?? [] });
const fetched = ["download-retry", "http-download"];
const resetting = ["reset-device", "pdu-reboot"];
const url = { url: "http://x/a.elf" };

test("mps: keys in the order of their names, then a restart", () => {
  const deploy = { to: "mps", images: { test_binary_1: url, recovery_image: url } };
  const head = [
    "mps-deploy",
    "disconnect-device",
    ...resetting,
    "wait-usb-mass-storage-device",
    ...fetched,
    ...fetched,
  ];
  const copied = [
    "mount-vexpress-usbmsd",
    "extract-vexpress-recovery-image",
    "deploy-vexpress-recovery-image",
    "deploy-mps-test-binary",
  ];
  expect(names({ deploy })).toEqual([...head, ...copied, "deploy-mps-reboot-txt", "unmount-vexpress-usbmsd"]);
  expect(names({ deploy }, deviceOf({ "hard-reboot": true }))).toEqual([
    ...[...head, ...copied, "unmount-vexpress-usbmsd", "power-off"],
  ]);
});

test("musca and vemsd", () => {
  expect(names({ deploy: { to: "musca", images: { test_binary: url } } })).toEqual([
    ...["musca-deploy", "disconnect-device", ...fetched, ...resetting, "wait-musca-path", "mount-musca-usbmsd"],
    ...["deploy-musca-test-binary", "unmount-musca-usbmsd", "wait-musca-path", "mount-musca-usbmsd"],
    ...["check-musca-flash", "unmount-musca-usbmsd"],
  ]);
  const deploy = { to: "vemsd", recovery_image: url };
  const expected = [
    ...["vexpress-fw-deploy-retry", "vexpress-fw-deploy", ...fetched, "connect-device", ...resetting],
    ...["extract-vexpress-recovery-image", "enter-vexpress-mcc", "enable-vexpress-usbmsd"],
    ...[
      "wait-usb-mass-storage-device",
      "mount-vexpress-usbmsd",
      "deploy-vexpress-recovery-image",
      "unmount-vexpress-usbmsd",
    ],
  ];
  expect(names({ deploy })).toEqual([...expected, "erase-vexpress-flash"]);
  expect(names({ deploy }, deviceOf({}, { ...vemsd, flash_prompt: "" }))).toEqual(expected);
  const boot = ["musca-boot", ...resetting, "wait-usb-serial", "connect-device"];
  expect(names({ boot: { method: "musca" } })).toEqual(boot);
  expect(names({ boot: { method: "musca", prompts: ["#"] } })).toEqual([...boot, "auto-login-action", "login-action"]);
});

test("devices that lack what is needed are refused", () => {
  expect(() => names({ deploy: { to: "mps", images: { test_binary: url } } }, { actions: deviceOf().actions })).toThrow(
    /usb_filesystem_label/,
  );
  expect(() => names({ deploy: { to: "musca", images: {} } }, { actions: deviceOf().actions })).toThrow(/board_id/);
});

async function run(
  node: PlanNode,
  runner = new FakeProcessRunner().answer(/./),
  files = new FakeFiles(),
  image: JsonObject = {},
) {
  const file = { path: "/j/a.elf", url: "", sha256: "", ...image };
  const archiver = new FakeArchiver(files);
  const ran = await runPlan(node, {
    device: deviceOf({ "reboot-string": "again" }),
    section: "deploy",
    slots: [
      [downloadedSlot("b"), file],
      [downloadedSlot("recovery_image"), file],
    ],
    services: [
      [ProcessRunnerToken, runner],
      [FileStoreToken, files],
      [ArchiverToken, archiver],
    ],
  });
  return { ...ran, files, unpacked: archiver.calls, calls: runner.calls.map((argv) => argv.join(" ")) };
}
const mount = mountDisk("mount-vexpress-usbmsd", () => "/dev/d");
const unmount = unmountDisk("unmount-vexpress-usbmsd");

test("a program on the disk, and the file that restarts the board", async () => {
  const copy = copyToDisk("deploy-mps-test-binary", "b", () => "SOFTWARE/mbed.elf");
  const runner = new FakeProcessRunner().answer(/./).answer(/^mountpoint/, { code: 1 });
  const { calls, files } = await run(sequence("mps-deploy", mount, copy, deployRebootFile, unmount), runner);
  const disk = "/jobs/1/usb-disk-000001";
  expect(calls).toEqual([
    `mount -t vfat /dev/d ${disk}`,
    `mkdir -p ${disk}/SOFTWARE`,
    `cp /j/a.elf ${disk}/SOFTWARE/mbed.elf`,
    `sync -f ${disk}`,
    `umount ${disk}`,
    `mountpoint --quiet ${disk}`,
  ]);
  expect(await files.readText(`${disk}/reboot.txt`)).toBe("again");
});

test("a recovery image: tar or zip, in place of what was there; unmounted also where copying fails", async () => {
  const full = new FakeProcessRunner().answer(/./).answer(/^cp/, { code: 1, stderr: "No space left" });
  const ran = await run(sequence("d", mount, extractRecovery, deployRecovery, unmount), full);
  expect(ran.outcome).toMatchObject({
    error: { kind: "infrastructure", message: expect.stringContaining("No space left") },
  });
  expect(ran.unpacked).toEqual(["untar /j/a.elf /jobs/1/recovery-000002"]);
  expect(ran.calls.slice(1)).toEqual([
    "find /jobs/1/usb-disk-000001 -mindepth 1 -delete",
    "cp -r --no-preserve=all /jobs/1/recovery-000002/. /jobs/1/usb-disk-000001",
    "mountpoint --quiet /jobs/1/usb-disk-000001",
    "umount --lazy /jobs/1/usb-disk-000001",
  ]);
  const zip = await run(sequence("d", extractRecovery), undefined, undefined, { compression: "zip" });
  expect(zip.calls).toEqual(["unzip -q /j/a.elf -d /jobs/1/recovery-000001"]);
});

test("a board that refuses its program fails the job with the board's words", async () => {
  const files = new FakeFiles();
  await files.write("/disk/FAIL.TXT", "bad hex\n");
  const check = (disk: string) =>
    runPlan(checkMuscaFlash, { slots: [[DiskSlot, disk]], services: [[FileStoreToken, files]] });
  expect((await check("/disk")).outcome).toMatchObject({
    error: { code: "ERR_FLASH_REFUSED", message: expect.stringContaining("bad hex") },
  });
  expect((await check("/other")).outcome).toEqual({ result: "pass" });
});

test("the controller's dialogue", async () => {
  const answers: Record<string, string> = {
    "": "Cmd> ",
    usb_on: "Enabling\r\nCmd> ",
    flash: "Flash> ",
    eraseall: "Erasing Flash\r\ndone\r\nFlash> ",
    exit: "Cmd> ",
  };
  const controller = new FakeShell(
    (line) => `${line}\r\n${answers[line] ?? ""}`,
    "ARM V2M\r\nPress Enter to stop auto boot...\r\n",
  );
  const console = new Console(controller.line, {});
  const ran = await runPlan(sequence("d", enterMcc, enableDisk, eraseFlash), {
    device: deviceOf(),
    slots: [[SessionSlot, { console, prompts: [], lineSeparator: "\n" }]],
  });
  await console[Symbol.asyncDispose]();
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(controller.typed).toEqual(["", "usb_on", "flash", "eraseall", "exit"]);
});
