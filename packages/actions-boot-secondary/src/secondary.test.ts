import { SessionSlot } from "@basalt/actions-common";
import { Console, type JsonObject } from "@basalt/core";
import { bootScripted, plannedNames, ScriptedBoard, type ScriptStep, settle } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import { kexecLoad } from "./call-kexec.js";
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const device: JsonObject = {
  hostname: "board-01",
  commands: { connections: { uart0: { connect: "telnet x 1", tags: ["primary"] }, uart1: { connect: "telnet x 2" } } },
};
const names = (block: JsonObject): readonly string[] =>
  plannedNames({ actions: [{ boot: block }], device, strategies });

test("plans: a login only with prompts; kexec's login whatever comes", () => {
  const login = ["auto-login-action", "login-action"];
  expect(names({ method: "new_connection", connection: "uart1" })).toEqual(["secondary-shell-action", "connect-shell"]);
  expect(names({ method: "new_connection", connection: "uart1", prompts: ["#"] })).toEqual([
    "secondary-shell-action",
    "connect-shell",
    ...login,
  ]);
  expect(names({ method: "kexec", boot_message: "x" })).toEqual([
    "kexec-boot",
    "call-kexec",
    ...login,
    "expect-shell-connection",
    "export-device-env",
  ]);
});

describe("new_connection", () => {
  const block = { method: "new_connection", connection: "uart1", prompts: ["# "], timeout: { minutes: 2 } };
  const open = (board: ScriptedBoard, more: JsonObject = {}, signal?: AbortSignal) => {
    const ran = bootScripted(board, {
      strategies,
      device,
      block: { ...block, ...more },
      ...(signal ? { signal } : {}),
    });
    void settle().then(() => board.powerOn());
    return ran;
  };
  const auto_login = { login_prompt: "login:", username: "root" };

  test("opens the console by its name and logs in, without waiting for a kernel", async () => {
    const board = new ScriptedBoard([{ say: "login: " }, { hear: "root\n" }, { say: "# " }]);
    const { outcome, connections } = await open(board, { auto_login });
    expect(outcome).toEqual({ result: "pass" });
    expect(connections.opened).toEqual(["uart1"]);
    expect(connections.closed).toEqual(["uart1"]);
  });
  test("a console that the device does not have is refused with those it has", async () => {
    const { outcome, connections } = await open(new ScriptedBoard([]), { connection: "uart7" });
    expect(outcome).toMatchObject({ error: { message: expect.stringContaining("uart0, uart1") } });
    expect(connections.opened).toEqual([]);
  });
  test("a silent one runs out of the login's time", async () => {
    const { outcome } = await open(new ScriptedBoard([]), { timeouts: { "login-action": { seconds: 20 } } });
    expect(outcome).toMatchObject({ action: "login-action", error: { kind: "job", code: "ERR_ACTION_TIMEOUT" } });
  });
  test("is opened anew for a second attempt", async () => {
    const board = new ScriptedBoard([{ say: "login: " }, { hear: "root" }, "unplug"]);
    const { outcome, connections } = await open(board, {
      auto_login,
      failure_retry: 2,
      timeouts: { "login-action": { seconds: 20 } },
    });
    expect(outcome).toMatchObject({ result: "fail" });
    expect(connections.opened.length).toBeGreaterThan(1);
    expect(connections.closed).toEqual(connections.opened);
  });
  test("is closed when the job is canceled", async () => {
    const stop = new AbortController();
    const ran = open(new ScriptedBoard([]), {}, stop.signal);
    await settle();
    stop.abort(new Error("canceled"));
    const { outcome, connections } = await ran;
    expect(outcome.result).toBe("fail");
    expect(connections.closed).toEqual(connections.opened);
  });
});

describe("kexec", () => {
  test("the command has what the block names, in kexec's words", () => {
    expect(
      kexecLoad({ kernel: "/home/vmlinux", dtb: "/home/dtb", initrd: "/home/in it", options: ["--reuse-cmdline"] }),
    ).toBe("/sbin/kexec --load /home/vmlinux --dtb /home/dtb --initrd '/home/in it' --reuse-cmdline");
    expect(kexecLoad({ command: "/opt/kexec", kernel: "/k", on_panic: true })).toBe("/opt/kexec --load-panic /k");
  });

  const run = async (script: readonly ScriptStep[], more: JsonObject = {}) => {
    const board = new ScriptedBoard(script);
    const console = new Console(board.connect());
    board.powerOn();
    const session = { console, prompts: ["# "], lineSeparator: "\n" };
    const block = {
      method: "kexec",
      boot_message: "Booting Linux",
      kernel: "/k",
      prompts: ["# "],
      timeout: { minutes: 2 },
      ...more,
    };
    const ran = await bootScripted(board, { strategies, device, block, slots: [[SessionSlot, session]] });
    await console[Symbol.asyncDispose]();
    return { ...ran, board };
  };
  const answer = (code: number): ScriptStep => ({ say: `<LAVA_SIGNAL_RETRUNCODE ${code}>\r\n# ` });

  test("loads, starts, and waits for the new kernel and a prompt", async () => {
    const script: readonly ScriptStep[] = [
      { hear: "zgrep -i CONFIG_KEXEC /boot/config-*" },
      { hear: "\n" },
      answer(0),
      { hear: "/sbin/kexec --load /k ;" },
      { hear: "\n" },
      answer(0),
      { hear: "/sbin/kexec -e\n" },
      { say: "Booting Linux on CPU 0\r\n# " },
      { hear: "\n" },
      { say: "# " },
    ];
    const { outcome } = await run(script, { "kernel-config": "/boot/config-*" });
    expect(outcome).toEqual({ result: "pass" });
  });
  test("a kernel that can't be loaded is the job's fault, and nothing is started", async () => {
    const { outcome, board } = await run([{ hear: "--load" }, { hear: "\n" }, answer(255)]);
    expect(outcome).toMatchObject({ error: { code: "ERR_SHELL_COMMAND", kind: "job" } });
    expect(board.typed).not.toContain("-e");
  });
  test("a new kernel that says nothing", async () => {
    const { outcome } = await run([{ hear: "--load" }, { hear: "\n" }, answer(0)], {
      timeouts: { "call-kexec": { seconds: 20 } },
    });
    expect(outcome).toMatchObject({ action: "call-kexec", error: { code: "ERR_ACTION_TIMEOUT" } });
  });
});
