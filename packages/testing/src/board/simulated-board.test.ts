import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Console, makeLog, systemClock } from "@basalt/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { settle } from "../fakes/fake-clock.js";
import type { SimulatedBoardOptions } from "./board-options.js";
import { kernelLog, kernelPanic } from "./kernel-log.js";
import { kernelNoise } from "./noise.js";
import { plainRoot } from "./private-root.js";
import { SimulatedBoard } from "./simulated-board.js";

const { signal } = new AbortController();
const power = { signal, log: makeLog({ append: () => {} }, systemClock) };
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing[Symbol.asyncDispose]();
});

function start(options: SimulatedBoardOptions = {}, ...rest: [(() => Promise<typeof plainRoot>)?]) {
  const board = new SimulatedBoard({ autobootMs: 50, ...options }, ...rest);
  const console = new Console(board.connect());
  open.push(board, console);
  return {
    board,
    console,
    expect: (...patterns: string[]) => console.expect(patterns, { signal, timeoutMs: 10_000 }),
    type: (text: string) => console.send(text, { signal }),
  };
}
const direct: SimulatedBoardOptions = { firmware: "none", login: false };
const prompt = "root@basalt:~# ";

describe("from power on to a shell", () => {
  test("firmware, kernel, login, message of the day, shell", async () => {
    const { board, type, expect: see } = start({ login: { password: "secret", motd: "Welcome to Basalt" } });
    await board.power.on(power);
    await see("U-Boot 2023.01");
    await see("Hit any key to stop autoboot");
    await see("Starting kernel ...");
    expect((await see("Linux version 6")).before).toContain("Booting Linux on physical CPU");
    await see("basalt login: ");
    await type("root\n");
    await see("Password: ");
    await type("wrong\n");
    await see("Login incorrect");
    await see("basalt login: ");
    await type("root\n");
    await see("Password: ");
    await type("secret\n");
    expect((await see(prompt)).before).toMatch(/Welcome to Basalt\r\n$/);
    expect(board.phase).toBe("shell");
  });

  test("U-Boot stops for a key and takes commands", async () => {
    const {
      board,
      type,
      expect: see,
    } = start({ tftp: (file) => (file === "42/Image" ? 4096 : undefined), autobootMs: 5_000 });
    await board.power.on(power);
    await see("stop autoboot");
    await type(" ");
    const commands = {
      "printenv baudrate": "baudrate=115200",
      "setenv serverip 10.0.0.1; echo ${serverip}": "10.0.0.1",
      "printenv nope": '## Error: "nope" not defined',
      "booti 0x40400000": "Bad Linux ARM64 Image magic!",
      dhcp: "DHCP client bound to address",
      "tftp 0x40400000 42/nope": "File not found",
      "tftp 0x40400000 42/Image": "Bytes transferred = 4096 (1000 hex)",
      "echo ${filesize}": "1000",
      frobnicate: "Unknown command 'frobnicate'",
      "setenv bootargs console=ttyAMA0 ip=dhcp": "",
    };
    for (const [command, answer] of Object.entries(commands)) {
      await see("=> ");
      await type(`${command}\n`);
      await see(`${command}\r\n`);
      if (answer !== "") await see(answer);
    }
    await see("=> ");
    await type("booti 0x40400000 - 0x48000000\n");
    await see("Kernel command line: console=ttyAMA0 ip=dhcp");
    expect(board.commands).toEqual([...Object.keys(commands), "booti 0x40400000 - 0x48000000"]);
  });

  test("reset at the firmware's prompt starts over", async () => {
    const { board, type, expect: see } = start({ autobootMs: 5_000 });
    await board.power.on(power);
    await see("stop autoboot");
    await type("\r");
    await see("=> ");
    await type("reset\n");
    await see("resetting ...");
    await see("U-Boot 2023.01");
  });

  test("without power, or without a line, nothing is heard", async () => {
    const { board, console } = start(direct);
    await settle();
    expect(console.lastText).toBe("");
    await console[Symbol.asyncDispose]();
    await board.power.on(power);
    const late = new Console(board.connect());
    open.push(late);
    await late.expect([prompt], { signal, timeoutMs: 10_000 });
  });
});

describe("the shell", () => {
  test("is a real one, echoes like a terminal, and has a root folder of its own", async () => {
    const { board, type, expect: see } = start(direct);
    await board.power.on(power);
    await see(prompt);
    await type("mkdir -p /lava-42 && echo $((6*7)) > /lava-42/answer; cat /lava-42/answer\n");
    expect((await see("\r\n42\r\n")).before).toContain("cat /lava-42/answer");
    await see(prompt);
    expect(readFileSync(join(await board.disk(), "lava-42/answer"), "utf8")).toBe("42\n");
    expect(existsSync("/lava-42")).toBe(false);
  });

  test("keeps the disk over a power cycle, and nothing runs on while the power is off", async () => {
    const { board, console, type, expect: see } = start(direct);
    await board.power.on(power);
    await see(prompt);
    const unique = 100_000 + process.pid;
    await type(`echo kept > /root/file; (setsid sleep ${unique} &) ; echo started\n`);
    await see("\nstarted");
    const sleeping = (): boolean =>
      execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).includes(`sleep ${unique}`);
    await expect.poll(sleeping, { timeout: 5_000 }).toBe(true);
    await board.power.off(power);
    expect(sleeping()).toBe(false);
    await console.discard();
    await board.power.on(power);
    await see(prompt);
    await type("cat /root/file\n");
    await see("\nkept");
    expect(board.boots).toBe(2);
  });

  test("reboot starts over, poweroff ends it", async () => {
    const { board, type, expect: see } = start(direct);
    await board.power.on(power);
    await see(prompt);
    await type("reboot\n");
    await see("The system is going down for reboot NOW");
    await see("reboot: Restarting system");
    await see(prompt);
    await type("poweroff\n");
    await see("reboot: Power down");
    expect(board.boots).toBe(2);
  });

  test("leaves nothing behind", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("basalt-board-"));
    const { board, expect: see } = start(direct);
    await board.power.on(power);
    await see(prompt);
    const disk = await board.disk();
    await board[Symbol.asyncDispose]();
    expect(existsSync(disk)).toBe(false);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("basalt-board-"))).toEqual(before);
  });
});

const hasMke2fs = ["/sbin/mke2fs", "/usr/sbin/mke2fs"].some((path) => existsSync(path));
describe.skipIf(!hasMke2fs)("a drive that holds an overlay", () => {
  const uuid = "01234567-89ab-4def-8123-456789abcdef";
  function drive(): string {
    const folder = mkdtempSync(join(tmpdir(), "basalt-drive-"));
    open.push({ [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }) });
    mkdirSync(join(folder, "content/bin"), { recursive: true });
    writeFileSync(
      join(folder, "content/bin/hello"),
      `#!/bin/sh\n. /lava-7/environment\n. "\${0%/*}/lava-common"\ncd '/lava-7/bin' && echo hello $NAME from $(dirname $0), $WITH\n`,
      { mode: 0o755 },
    );
    // as the overlay's helpers do: a name behind a variable is no path of the root folder
    writeFileSync(join(folder, "content/bin/lava-common"), "WITH=$(ls -d /lava-7:/lava-7 /lava-7 2>/dev/null)\n");
    writeFileSync(join(folder, "content/environment"), "NAME=basalt\n");
    const image = join(folder, "drive.ext2");
    const env = { ...process.env, PATH: `${process.env.PATH}:/sbin:/usr/sbin` };
    execFileSync("mke2fs", ["-q", "-F", "-t", "ext2", "-U", uuid, "-d", join(folder, "content"), image, "8M"], { env });
    return image;
  }

  test.each([
    ["a private root", undefined],
    ["rewritten paths", async () => plainRoot],
  ])("is mounted by its UUID, and its scripts run by their absolute paths, with %s", async (_how, root) => {
    const { board, type, expect: see } = start({ ...direct, drives: [drive()] }, root);
    await board.power.on(power);
    await see(prompt);
    await type(`mkdir -p /lava-7; mount UUID=${uuid} -t ext2 /lava-7; /lava-7/bin/hello\n`);
    await see("\nhello basalt from /lava-7/bin, /lava-7\r\n");
    await see(prompt);
    await type("mount UUID=dead -t ext2 /lava-7\n");
    await see("can't find UUID=dead");
    expect(existsSync("/lava-7")).toBe(false);
  });
});

describe("faults", () => {
  /** Whatever the board would have said in memory has been said; what is left of it. */
  const silence = async (console: Console): Promise<string> => {
    await settle();
    return console.peek();
  };

  test("a silent board says nothing", async () => {
    const { board, console } = start({ faults: [{ kind: "hang", at: "power-on" }] });
    await board.power.on(power);
    expect(await silence(console)).toBe("");
    expect(console.lastText).toBe("");
  });
  test("a board that hangs at its prompt leaves stale prompts, and comes up the next time", async () => {
    const { board, type, console, expect: see } = start({ faults: [{ kind: "hang", at: "firmware", boots: 1 }] });
    await board.power.on(power);
    await see("=> => => ");
    await type("version\n");
    expect(await silence(console)).toBe("");
    await board.power.reset(power);
    await see("basalt login: ");
  });
  test("a kernel that panics says so and stops", async () => {
    const { board, console, expect: see } = start({ ...direct, faults: [{ kind: "panic", at: "kernel" }] });
    await board.power.on(power);
    await see("Kernel panic - not syncing: VFS: Unable to mount root fs");
    await see("end Kernel panic");
    await see("\n");
    expect(await silence(console)).toBe("");
  });
  test("a panic in the shell comes with the nth line", async () => {
    const { board, type, expect: see } = start({ ...direct, faults: [{ kind: "panic", at: "shell", afterLines: 2 }] });
    await board.power.on(power);
    await see(prompt);
    await type("echo still $((1+1)) alive\n");
    await see("still 2 alive");
    await type("echo gone\n");
    await see("Kernel panic - not syncing");
  });
  test("the console breaks", async () => {
    const { board, console } = start({ ...direct, faults: [{ kind: "drop-console", at: "shell" }] });
    await board.power.on(power);
    await expect(console.expect([prompt], { signal, timeoutMs: 10_000 })).rejects.toMatchObject({
      code: "ERR_CONNECTION_CLOSED",
    });
  });
  test("keys are ignored", async () => {
    const { board, type, expect: see } = start({ faults: [{ kind: "ignore-keys" }] });
    await board.power.on(power);
    await see("stop autoboot");
    await type(" ");
    await see("Starting kernel ...");
  });
  test("the prompt is another", async () => {
    const { board, expect: see } = start({ ...direct, faults: [{ kind: "wrong-prompt", prompt: "sh-5.2$ " }] });
    await board.power.on(power);
    await see("sh-5.2$ ");
  });
  test("kernel lines break into the shell's output, and nothing of it is lost", async () => {
    const { board, type, console, expect: see } = start({ ...direct, noise: { seed: 7, everyBytes: 40 } });
    await board.power.on(power);
    let text = "";
    console.tap({
      onText: (more) => {
        text += more;
      },
    });
    await see("Run /init");
    await type("seq 1000 1100\n");
    const numbers = Array.from({ length: 101 }, (_, i) => `${1000 + i}\r\n`).join("");
    const clean = (): string => text.replace(/\[ {0,4}\d+\.\d{6}\] [^\n]*\r\n/g, "");
    await vi.waitFor(() => expect(clean()).toContain(numbers), { timeout: 10_000 });
    expect(text).not.toContain(numbers);
  });
});

test("the kernel's log and panic look like Linux's", () => {
  for (const arch of ["arm64", "amd64"] as const) {
    const log = kernelLog({ arch, commandLine: "quiet" });
    expect(log.every((line) => /^\[ {4}\d\.\d{6}\] \S/.test(line) || /^\[ {4}\d\.\d{6}\] {3}\S/.test(line))).toBe(true);
    expect(log.join("\n")).toMatch(/Linux version [0-9]/);
    expect(kernelPanic("x", arch).join("\r\n")).toMatch(/Kernel panic - not syncing[\s\S]*end Kernel panic[^\r]*/);
  }
});

test("noise is the seed's, and only adds", () => {
  const once = (seed: number): string =>
    Buffer.from(kernelNoise({ seed, everyBytes: 10, lines: ["x"] })(Buffer.from("0123456789".repeat(20)))).toString();
  expect(once(1)).toBe(once(1));
  expect(once(1)).not.toBe(once(2));
  expect(once(1).replace(/\[[^\]]*\] x\r\n/g, "")).toBe("0123456789".repeat(20));
});
