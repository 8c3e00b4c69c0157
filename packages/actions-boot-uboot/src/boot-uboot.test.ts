import { BootCommandSlot, downloadedSlot, TftpFolderSlot } from "@basalt/actions-common";
import { type JsonObject, ProcessRunnerToken } from "@basalt/core";
import {
  bootScripted,
  expectManifestMatches,
  FakeProcessRunner,
  planOf,
  planText,
  ScriptedBoard,
  type ScriptStep,
  shellScript,
} from "@basalt/testing";
import { describe, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import plugin from "./index.js";

const uboot = {
  parameters: { bootloader_prompt: "=>", interrupt_prompt: "stop autoboot", interrupt_char: "" },
  ramdisk: {
    commands: [
      "dhcp",
      "tftp {KERNEL_ADDR} {KERNEL}",
      "tftp {DTB_ADDR} {DTB}",
      "tftp {RAMDISK_ADDR} {RAMDISK}",
      "{BOOTX}",
    ],
  },
};
const deviceWith = (parameters: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  hostname: "board-01",
  constants: {
    "u-boot": {
      "interrupt-character": " ",
      "interrupt-newline": false,
      "final-message": "Starting kernel",
      "error-messages": ["Retry count exceeded", "Bad Linux ARM64 Image magic!"],
    },
    "kernel-start-message": "Linux version [0-9]",
  },
  commands: { connections: { uart0: { connect: "telnet x 1", tags: ["primary"] } }, hard_reset: "reset" },
  parameters: { booti: { kernel: "0x1000", ramdisk: "0x2000", dtb: "0x3000" } },
  actions: {
    deploy: { parameters: { add_header: "u-boot", mkimage_arch: "arm64" } },
    boot: {
      connections: { serial: null },
      methods: { "u-boot": { ...uboot, parameters: { ...uboot.parameters, ...parameters } } },
    },
  },
  ...more,
});
const params = (more: JsonObject = {}): JsonObject => ({
  method: "u-boot",
  commands: "ramdisk",
  prompts: ["/ # "],
  timeout: { minutes: 4 },
  ...more,
});
const file = (path: string) => ({ path, url: `http://x${path}`, sha256: "" });
const deployed = [
  [TftpFolderSlot, { root: "/srv/tftp", folder: "/srv/tftp/1/tftp-deploy-1" }],
  [downloadedSlot("kernel"), file("/srv/tftp/1/tftp-deploy-1/kernel/Image")],
  [downloadedSlot("ramdisk"), file("/srv/tftp/1/tftp-deploy-1/ramdisk/r.cpio")],
  [BootCommandSlot, "booti"],
] as const;

const stopped: readonly ScriptStep[] = [{ say: "Hit any key to stop autoboot: 2 " }, { hear: " " }];
const linux: readonly ScriptStep[] = [
  { say: "\r\nStarting kernel ...\r\n\r\n[    0.000000] Linux version 6.1.0\r\n" },
  { say: "Run /init as init process\r\n/ # " },
];
const bootx = "booti 0x1000 0x2000";
const happy: readonly ScriptStep[] = [
  ...stopped,
  ...shellScript("=> ", {
    "dhcp\n": "DHCP client bound",
    "tftp 0x1000 1/tftp-deploy-1/kernel/Image\n": "done",
    "tftp 0x2000 1/tftp-deploy-1/ramdisk/r.cpio\n": "done",
  }),
  { hear: `${bootx}\n` },
  ...linux,
];

interface BootOptions {
  readonly block?: JsonObject;
  readonly device?: JsonObject;
  readonly signal?: AbortSignal;
  readonly runner?: FakeProcessRunner;
}
async function boot(
  board: ScriptedBoard,
  { block = {}, device = deviceWith(), signal, runner = new FakeProcessRunner() }: BootOptions = {},
) {
  const ran = await bootScripted(board, {
    strategies: plugin.strategies ?? [],
    device,
    block: params(block),
    slots: deployed,
    services: [[ProcessRunnerToken, runner]],
    ...(signal === undefined ? {} : { signal }),
  });
  expect(ran.connections.closed).toEqual(ran.connections.opened);
  return ran;
}

test("the manifest is true", () => expectManifestMatches(packageJson, plugin));

describe("the plan", () => {
  const plan = (block: JsonObject, device: JsonObject = deviceWith(), context: JsonObject = {}) =>
    planText(
      planOf({
        job: { timeouts: { job: { hours: 1 } }, context, actions: [{ boot: params(block) }] },
        device,
        strategies: plugin.strategies ?? [],
      }),
    )
      .split("\n")
      .filter((line) => /^ *1/.test(line))
      .map((line) => line.trim());

  test("tries the whole boot again, with a share of its time each", () => {
    expect(plan({ failure_retry: 2 })).toEqual([
      "1 uboot-action 4m x2",
      "1.1 uboot-from-media 2m",
      "1.2 bootloader-overlay 2m",
      "1.3 connect-device 2m",
      "1.4 uboot-commands 2m",
      "1.4.1 reset-device 4m",
      "1.4.1.1 pdu-reboot 4m",
      "1.4.2 bootloader-interrupt 4m",
      "1.4.3 bootloader-commands 4m",
      "1.4.4 auto-login-action 4m x2",
      "1.4.4.1 login-action 2m",
    ]);
  });
  test("without reset, without prompts", () => {
    const { prompts: _none, ...rest } = params({ reset: false });
    expect(plan({ ...rest, prompts: undefined as never }).filter((line) => line.includes("reset"))).toEqual([]);
  });
  test("from the other bank", () => {
    const names = plan({}, deviceWith({ uboot_altbank: true })).map((line) => line.split(" ")[1]);
    expect(names.slice(7, 10)).toEqual(["bootloader-interrupt", "bootloader-commands-altbank", "bootloader-interrupt"]);
  });
  test("as a USB disk that is flashed", () => {
    const names = plan({}, deviceWith({ uboot_ums_flash: true })).map((line) => line.split(" ")[1]);
    expect(names.slice(8, 12)).toEqual(["bootloader-commands", "wait-device-path", "flash-uboot-ums", "reset-device"]);
  });
});

describe("a board", () => {
  test("boots: lines for what is not deployed are left out, booti gets its addresses", async () => {
    const board = new ScriptedBoard(happy);
    expect((await boot(board)).outcome).toEqual({ result: "pass" });
    expect(board.typed).not.toContain("0x3000");
    expect(board.power.calls).toEqual(["reset"]);
  });

  test("that stays silent is the lab's fault, in bootloader-interrupt", async () => {
    const { outcome, ended } = await boot(new ScriptedBoard([]), {
      block: { timeouts: { "bootloader-interrupt": { seconds: 20 } } },
    });
    expect(outcome).toMatchObject({ error: { kind: "infrastructure", code: "ERR_ACTION_TIMEOUT" } });
    expect(ended).toContain("bootloader-interrupt fail");
  });

  test("that hangs is reset, and the second attempt types nothing at the first one's prompt", async () => {
    // the first boot dies right behind a prompt that the second attempt must not take for its own
    const board = new ScriptedBoard(
      [...stopped, { say: "=> " }, { hear: "dhcp" }, { say: "Hit any key to stop autoboot => " }],
      happy,
    );
    const { outcome, log } = await boot(board, {
      block: { failure_retry: 2, timeouts: { "bootloader-commands": { seconds: 20 } } },
    });
    expect(outcome).toEqual({ result: "pass" });
    expect(board.boots).toBe(2);
    expect(log.filter(({ message }) => message.startsWith("uboot-action failed: 1 of 2"))).toHaveLength(1);
    const second = board.typed.slice(board.typed.indexOf("dhcp") + 4);
    expect(second.split("dhcp")).toHaveLength(2);
  });

  test("that says one of U-Boot's error messages is the lab's fault at once", async () => {
    const board = new ScriptedBoard([
      ...stopped,
      { say: "=> " },
      { hear: "dhcp" },
      { say: "Retry count exceeded; starting again\r\n" },
    ]);
    expect((await boot(board)).outcome).toMatchObject({
      error: {
        code: "ERR_BOOTLOADER_MESSAGE",
        kind: "infrastructure",
        message: expect.stringContaining("Retry count"),
      },
    });
  });

  test("whose console is closed is told apart from a silent one", async () => {
    const { outcome } = await boot(new ScriptedBoard([...stopped, "unplug"]));
    expect(outcome).toMatchObject({ error: { kind: "infrastructure", code: "ERR_CONNECTION_CLOSED" } });
  });

  test("is left when the job is canceled", async () => {
    const stop = new AbortController();
    const board = new ScriptedBoard([...stopped, { say: "=> " }]);
    const power = board.power.reset.bind(board.power);
    board.power.reset = async (options) => {
      await power(options);
      setImmediate(() => stop.abort(new Error("canceled")));
    };
    expect((await boot(board, { signal: stop.signal })).outcome).toMatchObject({ result: "fail" });
  });
});

test("without a hard reset the shell's reboot is typed, and its message waited for", async () => {
  const commands = { connections: { uart0: { connect: "telnet x 1", tags: ["primary"] } } };
  const board = new ScriptedBoard([
    { hear: "reboot now\n" },
    { say: "The system is going down for reboot NOW\r\n" },
    ...happy,
  ]);
  board.power.on = async () => {};
  const device = deviceWith({}, { commands });
  board.powerOn();
  const { outcome, ended } = await boot(board, { device, block: { soft_reboot: ["reboot now"] } });
  expect(outcome).toEqual({ result: "pass" });
  expect(ended).toContain("send-reboot-commands pass");
});

test("characters are typed as slowly as the device says", async () => {
  const board = new ScriptedBoard(happy);
  const ran = await boot(board, { device: deviceWith({}, { character_delays: { boot: 5 } }) });
  expect(ran.outcome).toEqual({ result: "pass" });
});

test("interrupted by control keys, where the device lists them", async () => {
  const device = deviceWith({}, {});
  (device.constants as { "u-boot": { interrupt_ctrl_list: string[] } })["u-boot"].interrupt_ctrl_list = ["c"];
  const board = new ScriptedBoard([{ say: "Hit any key to stop autoboot" }, { hear: "\u0003" }, ...happy.slice(2)]);
  expect((await boot(board, { device })).outcome).toEqual({ result: "pass" });
});

test("use_bootscript: the commands go into a script that U-Boot fetches", async () => {
  const runner = new FakeProcessRunner().answer("mkimage");
  const script = shellScript("=> ", { "setenv autoload no\n": "", "dhcp\n": "", "setenv serverip 10.0.0.1\n": "" });
  const board = new ScriptedBoard([
    ...stopped,
    ...script,
    { hear: "tftp ${scriptaddr} 1/tftp-deploy-1/boot.scr\n" },
    { say: "=> " },
    { hear: "source ${scriptaddr}\n" },
    ...linux,
  ]);
  const { outcome } = await boot(board, { block: { use_bootscript: true }, runner });
  expect(outcome).toEqual({ result: "pass" });
  expect(runner.calls[0]?.slice(0, 7)).toEqual(["mkimage", "-A", "arm64", "-T", "script", "-C", "none"]);
});

test("from the other bank: stop, switch, stop again", async () => {
  const device = deviceWith({ uboot_altbank: true, uboot_altbank_cmd: "qixis_reset altbank" });
  const board = new ScriptedBoard([...stopped, { say: "=> " }, { hear: "qixis_reset altbank\n" }, ...happy]);
  expect((await boot(board, { device })).outcome).toEqual({ result: "pass" });
});

test.each([
  ["nothing", { commands: "nfs" }, "ERR_JOB_INVALID", "expected one of ramdisk"],
  ["no line left", { commands: ["load {TEE}"] }, "ERR_BOOT_COMMANDS", "nothing is left to type"],
])("commands that name %s are refused", async (_what, block, code, message) => {
  const { outcome } = await boot(new ScriptedBoard(happy), { block });
  expect(outcome).toMatchObject({ error: { code, message: expect.stringContaining(message) } });
});
