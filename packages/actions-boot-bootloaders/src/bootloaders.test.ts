import { downloadedSlot, FitSlot, TftpFolderSlot } from "@basalt/actions-common";
import { FileStoreToken, type JsonObject } from "@basalt/core";
import {
  bootScripted,
  FakeFiles,
  planOf,
  planText,
  ScriptedBoard,
  type ScriptStep,
  shellScript,
} from "@basalt/testing";
import { describe, expect, test } from "vitest";
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const list = { ramdisk: { commands: ["dhcp net0", "kernel tftp://{SERVER_IP}/{KERNEL}", "boot {LAVA_MAC}"] } };
const device: JsonObject = {
  hostname: "board-01",
  constants: {
    ipxe: {
      "interrupt-prompt": "Press Ctrl-B",
      interrupt_ctrl_list: ["b"],
      "error-messages": ["Connection timed out"],
    },
    barebox: { "interrupt-prompt": "stop autoboot", "interrupt-character": " ", "final-message": "Starting kernel" },
    depthcharge: { "final-message": "Starting kernel", "error-messages": ["Tftp failed."] },
    "kernel-start-message": "Linux version [0-9]",
  },
  commands: { connect: "telnet x 1", hard_reset: "reset" },
  actions: {
    boot: {
      connections: { serial: null },
      methods: {
        ipxe: { parameters: { bootloader_prompt: "iPXE>", lava_mac: "00:01:02:03:04:05" }, ...list },
        barebox: { parameters: { bootloader_prompt: "barebox:" }, ...list },
        depthcharge: {
          parameters: { start_message: "Starting netboot", bootloader_prompt: "dpch:" },
          nfs: {
            cmdline: "console=ttyS2 nfsroot={NFS_SERVER_IP}:/x",
            commands: ["tftpboot {SERVER_IP} {DEPTHCHARGE_KERNEL} {CMDLINE} {DEPTHCHARGE_RAMDISK}"],
          },
        },
      },
    },
  },
};
const file = (path: string) => ({ path, url: `http://x${path}`, sha256: "" });
const folder = "/srv/tftp/1/tftp-deploy-1";
const slots = [
  [TftpFolderSlot, { root: "/srv/tftp", folder }],
  [downloadedSlot("kernel"), file(`${folder}/kernel/Image`)],
] as const;
const linux: readonly ScriptStep[] = [{ say: "Starting kernel\r\nLinux version 6.1\r\n# " }];
const files = new FakeFiles();
const boot = (board: ScriptedBoard, block: JsonObject, more: readonly (readonly [typeof FitSlot, unknown])[] = []) =>
  bootScripted(board, {
    strategies,
    device,
    block: { timeout: { minutes: 4 }, ...block },
    slots: [...slots, ...more],
    services: [[FileStoreToken, files]],
  });
const withPrompts = { prompts: ["# "] };

describe("plans", () => {
  const plan = (block: JsonObject) =>
    planText(
      planOf({
        job: { timeouts: { job: { hours: 1 } }, actions: [{ boot: { timeout: { minutes: 4 }, ...block } }] },
        device,
        strategies,
      }),
    )
      .split("\n")
      .filter((line) => /^ *1/.test(line))
      .map((line) => line.trim());

  test.each([
    ["ipxe", "bootloader-action", "bootloader-retry"],
    ["barebox", "barebox-action", "barebox-retry"],
  ])("%s: only what follows the connection is tried again", (method, outer, inner) => {
    expect(plan({ method, commands: "ramdisk", failure_retry: 2, ...withPrompts })).toEqual([
      `1 ${outer} 4m`,
      "1.1 bootloader-overlay 4m",
      "1.2 connect-device 4m",
      `1.3 ${inner} 4m x2`,
      "1.3.1 reset-device 2m",
      "1.3.1.1 pdu-reboot 4m",
      "1.3.2 bootloader-interrupt 2m",
      "1.3.3 bootloader-commands 2m",
      "1.3.4 auto-login-action 2m x2",
      "1.3.4.1 login-action 1m",
    ]);
  });

  test("depthcharge closes and opens the console in each attempt", () => {
    expect(plan({ method: "depthcharge", commands: "nfs", failure_retry: 2 })).toEqual([
      "1 depthcharge-action 4m",
      "1.1 depthcharge-overlay 4m",
      "1.2 depthcharge-retry 4m x2",
      "1.2.1 reset-connection 2m x2",
      "1.2.1.1 disconnect-device 1m",
      "1.2.1.2 connect-device 1m",
      "1.2.2 reset-device 2m",
      "1.2.2.1 pdu-reboot 4m",
      "1.2.3 depthcharge-start 2m",
      "1.2.4 bootloader-commands 2m",
    ]);
  });

  test.each([
    [{}, ["reset-connection", "disconnect-device", "connect-device", "reset-device", "pdu-reboot"]],
    [{ reset_connection: false }, ["connect-device", "reset-device", "pdu-reboot"]],
    [{ reset_device: false }, ["reset-connection", "disconnect-device", "connect-device"]],
    [{ reset: false, reset_connection: false }, ["connect-device"]],
  ])("bootloader with %j", (more, names) => {
    const nodes = plan({ method: "bootloader", bootloader: "ipxe", commands: ["a"], ...more });
    expect(nodes.map((line) => line.split(" ")[1])).toEqual([
      "boot-bootloader-retry",
      "bootloader-overlay",
      "boot-bootloader",
      ...names,
      "bootloader-interrupt",
      "bootloader-commands",
    ]);
  });

  test("a bootloader that the device does not have is refused", () => {
    expect(() => plan({ method: "bootloader", bootloader: "grub" })).toThrow("no boot method 'grub'");
  });
});

describe("ipxe", () => {
  const happy: readonly ScriptStep[] = [
    { say: "Press Ctrl-B for the iPXE command line..." },
    { hear: "\u0002" },
    ...shellScript("iPXE> ", { "dhcp net0\n": "ok", "kernel tftp://10.0.0.1/1/tftp-deploy-1/kernel/Image\n": "ok" }),
    { hear: "boot 00:01:02:03:04:05\n" },
    ...linux,
  ];
  const block = { method: "ipxe", commands: "ramdisk", ...withPrompts };
  test("is stopped by Ctrl-B and boots", async () => {
    expect((await boot(new ScriptedBoard(happy), block)).outcome).toEqual({ result: "pass" });
  });
  test("use_bootscript: a script on the TFTP server is chained to", async () => {
    const board = new ScriptedBoard([
      ...happy.slice(0, 2),
      ...shellScript("iPXE> ", { "dhcp net0\n": "ok" }),
      { hear: "chain tftp://10.0.0.1/1/tftp-deploy-1/script.ipxe\n" },
      ...linux,
    ]);
    expect((await boot(board, { ...block, use_bootscript: true })).outcome).toEqual({ result: "pass" });
    expect(await files.readText(`${folder}/script.ipxe`)).toBe(
      "#!ipxe\ndhcp net0\nkernel tftp://10.0.0.1/1/tftp-deploy-1/kernel/Image\nboot 00:01:02:03:04:05\n",
    );
  });
  test("that is silent is the lab's fault", async () => {
    const { outcome, ended } = await boot(new ScriptedBoard([]), {
      ...block,
      timeouts: { "bootloader-interrupt": { seconds: 20 } },
    });
    expect(outcome).toMatchObject({ error: { kind: "infrastructure", code: "ERR_ACTION_TIMEOUT" } });
    expect(ended).toContain("bootloader-interrupt fail");
  });
  test("that hangs is reset, and the next attempt types nothing at an old prompt", async () => {
    const hang: readonly ScriptStep[] = [
      ...happy.slice(0, 2),
      { say: "iPXE> " },
      { hear: "dhcp net0" },
      { say: "iPX" },
      { say: "E> Press" },
    ];
    const board = new ScriptedBoard(hang.slice(0, 5), happy);
    const { outcome } = await boot(board, {
      ...block,
      failure_retry: 2,
      timeouts: { "bootloader-commands": { seconds: 20 } },
    });
    expect([outcome, board.boots, board.connections]).toEqual([{ result: "pass" }, 2, 1]);
    expect(board.typed.split("\u0002")).toHaveLength(3);
  });
  test("that left its prompts behind and then stays silent is given nothing to run", async () => {
    const left: readonly ScriptStep[] = [
      ...happy.slice(0, 2),
      { say: "iPXE> " },
      { hear: "dhcp net0" },
      // what a board says when it is reset by itself while nobody looks
      { say: "Connecting...\\r\\nPress Ctrl-B for the iPXE command line...\\r\\n" },
    ];
    const board = new ScriptedBoard(left, []);
    const timeouts = { "bootloader-commands": { seconds: 20 }, "bootloader-interrupt": { seconds: 20 } };
    const own = { ...block, commands: ["dhcp net0", "never"], failure_retry: 2, timeouts };
    const { outcome } = await boot(board, own);
    expect(outcome).toMatchObject({ action: "bootloader-interrupt", error: { code: "ERR_ACTION_TIMEOUT" } });
    expect(board.typed.split("\u0002")).toHaveLength(2);
    expect(board.boots).toBe(2);
  });
  test("that says one of its error messages fails at once", async () => {
    const board = new ScriptedBoard([
      ...happy.slice(0, 2),
      { say: "iPXE> " },
      { hear: "dhcp" },
      { say: "Connection timed out\r\n" },
    ]);
    expect((await boot(board, block)).outcome).toMatchObject({ error: { code: "ERR_BOOTLOADER_MESSAGE" } });
  });
  test("whose console closes", async () => {
    const board = new ScriptedBoard([{ say: "Press Ctrl-B" }, { hear: "\u0002" }, "unplug"]);
    expect((await boot(board, block)).outcome).toMatchObject({ error: { code: "ERR_CONNECTION_CLOSED" } });
  });
  test("is left when the job is canceled, its console closed", async () => {
    const stop = new AbortController();
    const ran = await bootScripted(new ScriptedBoard([{ say: "Press Ctrl-B" }]), {
      strategies,
      device,
      block: { ...block, timeout: { minutes: 4 } },
      slots,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "action-started" && event.name === "bootloader-commands") stop.abort(new Error("canceled"));
      },
    });
    expect(ran.outcome).toMatchObject({ result: "fail" });
    expect(ran.connections.closed).toEqual(ran.connections.opened);
  });
});

test("barebox boots", async () => {
  const board = new ScriptedBoard([
    { say: "Hit any key to stop autoboot: 3" },
    { hear: " " },
    ...shellScript("barebox:/ ", { "one\n": "" }),
    { hear: "two\n" },
    ...linux,
  ]);
  const { outcome } = await boot(board, { method: "barebox", commands: ["one", "two"], ...withPrompts });
  expect(outcome).toEqual({ result: "pass" });
});

test("bootloader opens the console anew and leaves the device in its bootloader", async () => {
  const board = new ScriptedBoard([
    { say: "Press Ctrl-B" },
    { hear: "\u0002" },
    ...shellScript("iPXE> ", { "config\n": "" }),
  ]);
  const { outcome } = await boot(board, { method: "bootloader", bootloader: "ipxe", commands: ["config"] });
  expect(outcome).toEqual({ result: "pass" });
  expect(board.typed).toContain("config\n");
});

describe("depthcharge", () => {
  const start: readonly ScriptStep[] = [{ say: "Starting netboot on board...\r\ndpch: " }];
  const block = { method: "depthcharge", commands: "nfs", ...withPrompts };
  test("gets the FIT image and a file with the command line; without ramdisk its line is shorter", async () => {
    const cmdline = "1/tftp-deploy-1/kernel/cmdline";
    const board = new ScriptedBoard([
      ...start,
      { hear: `tftpboot 10.0.0.1 1/tftp-deploy-1/kernel/image.itb ${cmdline}\n` },
      ...linux,
    ]);
    const fit = { path: `${folder}/kernel/image.itb`, holdsRamdisk: true };
    const { outcome } = await boot(board, { ...block, extra_kernel_args: "debug" }, [[FitSlot, fit]]);
    expect(outcome).toEqual({ result: "pass" });
    expect(await files.readText(`/srv/tftp/${cmdline}`)).toBe("console=ttyS2 nfsroot=10.0.0.1:/x debug");
  });
  test("without a FIT image the kernel goes as it is", async () => {
    const board = new ScriptedBoard([...start, { hear: "tftpboot 10.0.0.1 1/tftp-deploy-1/kernel/Image " }, ...linux]);
    expect((await boot(board, block)).outcome).toEqual({ result: "pass" });
  });
  test("each attempt has a console of its own", async () => {
    const board = new ScriptedBoard([], [...start, { hear: "tftpboot" }, ...linux]);
    const { outcome, connections } = await boot(board, {
      ...block,
      failure_retry: 2,
      timeouts: { "depthcharge-start": { seconds: 20 } },
    });
    expect(outcome).toEqual({ result: "pass" });
    expect(connections.opened).toHaveLength(2);
  });
});
