import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BoardBench, type BoardJob, type BoardRun, hasNfs, type LineEvent, missing } from "./board-bench.js";

if (missing) process.stderr.write(`tests on the virtual board skipped: ${missing}\n`);
const soak = process.env.BASALT_SOAK === "1";

let bench: BoardBench;

/** The board is off and nothing of the job is left where TFTP and NFS serve it. */
const expectClean = ({ powered, left }: BoardRun): void =>
  expect({ powered, left }).toEqual({ powered: false, left: [] });

const load = ["setenv autoload no", "dhcp", "setenv serverip {SERVER_IP}", "tftp 0x40400000 {KERNEL}"];

interface Ending {
  /** An action's name, or a matcher of vitest's. */
  readonly in: unknown;
  readonly type: "Infrastructure" | "Job" | "Test";
  readonly saying: RegExp;
}
const expectFailure = (ran: BoardRun, { in: action, type, saying }: Ending): void => {
  expect({ in: ran.failedIn, type: ran.error?.error_type }, ran.error?.error_msg ?? ran.stdout.slice(-2_000)).toEqual({
    in: action,
    type,
  });
  expect(ran.error?.error_msg).toMatch(saying);
  expect(ran.status).toBe(type === "Infrastructure" ? 3 : 4);
  expectClean(ran);
};

/** Does something at the first line that matches. */
const once = (when: RegExp, act: (bench: BoardBench) => void) => {
  let done = false;
  return (line: string, of: BoardBench): void => {
    if (done || !when.test(line)) return;
    done = true;
    act(of);
  };
};

/** Ends QEMU by the id it wrote, as a power cut would: nobody is told. */
function cutPower({ board }: BoardBench): void {
  const pid = readFileSync(board.pidFile, "utf8").trim(); // counted in the board's own namespace
  spawnSync(board.network.enter[0] as string, [...board.network.enter.slice(1), "kill", "-KILL", pid]);
}

describe.skipIf(missing)("faults on the virtual board", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    bench = await BoardBench.open();
  });
  afterAll(() => bench?.[Symbol.asyncDispose]());
  afterEach(async () => {
    bench.board.console.setPass((bytes: Buffer) => bytes);
    await bench.board.network.cable("up");
  });

  test("a file that is not on the TFTP server: U-Boot's own words, the lab's fault", async () => {
    const ran = await bench.run(
      {},
      once(/start: .* bootloader-interrupt/, ({ board }) => {
        for (const job of readdirSync(board.tftpRoot))
          rmSync(join(board.tftpRoot, job, "tftp-deploy-1", "kernel"), { recursive: true });
      }),
    );
    expectFailure(ran, { in: "bootloader-commands", type: "Infrastructure", saying: /File not found/ });
  });

  test("a transfer that stalls", async () => {
    const ran = await bench.run(
      { connectionSeconds: { "bootloader-commands": 4 } },
      once(/input +tftp 0x40400000/, ({ board }) => void board.network.cable("down")),
    );
    expectFailure(ran, { in: "bootloader-commands", type: "Infrastructure", saying: /bootloader-commands|=>/ });
  });

  test.skipIf(!hasNfs)("an NFS export that is not there: the kernel's panic", async () => {
    const ran = await bench.run({
      commands: "nfs",
      deploy: { persistent_nfs: { address: "192.168.77.1:/no/such/export", install_overlay: false } },
    });
    // LAVA's kind for a dead kernel; the words say where to look
    expectFailure(ran, {
      in: "login-action",
      type: "Job",
      saying: /panic.*\/no\/such\/export.*check that the server exports this path/s,
    });
  });

  test("a wrong load address: the board resets again and again", async () => {
    const ran = await bench.run({
      commands: [...load, "go 0x42000000"], // the middle of the kernel's data
      connectionSeconds: { "bootloader-commands": 6 },
    });
    expectFailure(ran, { in: "bootloader-commands", type: "Infrastructure", saying: /Resetting CPU/ });
  });

  test("a U-Boot that never offers to stop", async () => {
    const ran = await bench.run({
      device: { interrupt_prompt: "Press the red button" },
      actionSeconds: { "bootloader-interrupt": 4 },
    });
    expectFailure(ran, {
      in: "bootloader-interrupt",
      type: "Infrastructure",
      saying: /bootloader-interrupt timed out/,
    });
  });

  test("a U-Boot whose prompt never comes", async () => {
    const ran = await bench.run({
      device: { bootloader_prompt: "never#" },
      connectionSeconds: { "bootloader-commands": 3 },
    });
    expectFailure(ran, { in: "bootloader-commands", type: "Infrastructure", saying: /never#/ });
  });

  test("a kernel that hangs after 'Starting kernel'", async () => {
    const ran = await bench.run({
      // behind its header the kernel is one endless loop: `b .`
      commands: [
        ...load,
        "tftp 0x48000000 {DTB}",
        "mw.l 0x40400040 0x14000000 0x600000",
        "booti 0x40400000 - 0x48000000",
      ],
      actionSeconds: { "auto-login-action": 4 },
    });
    expectFailure(ran, { in: "auto-login-action", type: "Job", saying: /auto-login-action timed out/ });
    expect(ran.stdout).toContain("Starting kernel");
  });

  test("a console that its server closes", async () => {
    const ran = await bench.run(
      {},
      once(/target .*Starting kernel/, ({ board }) => board.console.hangUp()),
    );
    expectFailure(ran, { in: "auto-login-action", type: "Infrastructure", saying: /closed|hung up/i });
  });

  test("a console that somebody else has open", async () => {
    const other = connect(bench.board.console.port, "127.0.0.1");
    await new Promise((resolve) => other.once("connect", resolve));
    try {
      const ran = await bench.run({});
      expectFailure(ran, { in: "connect-device", type: "Infrastructure", saying: /in use/ });
      // nobody switched the board of the other user
      expect(ran.line.filter(({ kind }) => kind === "power")).toEqual([]);
    } finally {
      other.destroy();
    }
  });

  /** When, at which line, the limit of the action that must notice, how it ends, and whether to try it always. */
  const cuts: readonly (readonly [string, RegExp, BoardJob, Ending, boolean])[] = [
    [
      "while U-Boot counts down",
      /waiting for 'Hit any key/,
      { actionSeconds: { "bootloader-interrupt": 4 } },
      { in: "bootloader-interrupt", type: "Infrastructure", saying: /timed out/ },
      soak,
    ],
    [
      "while U-Boot loads",
      /input +tftp 0x44000000/,
      { connectionSeconds: { "bootloader-commands": 6 } },
      { in: "bootloader-commands", type: "Infrastructure", saying: /=>/ },
      true,
    ],
    [
      "while the kernel starts",
      /target .*Starting kernel/,
      { actionSeconds: { "auto-login-action": 4 } },
      { in: "auto-login-action", type: "Job", saying: /timed out/ },
      soak,
    ],
    [
      "while the system comes up",
      /start: .* login-action/,
      { actionSeconds: { "login-action": 4 } },
      { in: "login-action", type: "Job", saying: /timed out/ },
      soak,
    ],
    [
      "while a test runs",
      /target .*RUNNING-NOW/,
      { actionSeconds: { "lava-test-shell": 6 } },
      { in: "lava-test-shell", type: "Test", saying: /timed out/ },
      true,
    ],
  ];
  test.each(cuts.filter(([, , , , run]) => run))("power is cut %s", async (_phase, when, limits, ending) => {
    const ran = await bench.run({ steps: ["echo RUNNING-NOW", "sleep 60"], ...limits }, once(when, cutPower));
    expectFailure(ran, ending);
  });

  test("a second try after a hang never acts on an old prompt", async () => {
    let hung = false;
    const ran = await bench.run(
      { boot: { failure_retry: 2 }, connectionSeconds: { "bootloader-commands": 8 } },
      (line, { board }) => {
        if (/input +tftp 0x44000000/.test(line) && !hung) {
          hung = true;
          void board.network.cable("down");
        } else if (hung && /start: .* pdu-reboot/.test(line)) void board.network.cable("up");
      },
    );
    expect(ran.results).toContain("lava.job pass");
    const starts = ran.line.flatMap(({ kind }, index) => (kind === "power" ? [index] : []));
    expect(starts.length).toBe(2);
    for (const start of starts) expectNothingTypedEarly(ran.line.slice(start + 1));
    expectClean(ran);
  });

  test.each(soak ? [1, 2, 3, 4, 5, 6] : [1])(
    "a fifth of the bytes are lost while it boots (seed %i): done, or a time-out where they were missed",
    async (seed) => {
      process.stderr.write(`lost bytes: seed ${seed}\n`);
      bench.board.console.setPass(losingUntilLogin(seed));
      const limits = { actionSeconds: { "auto-login-action": 10, "login-action": 10 } };
      const ran = await bench.run({ ...limits, connectionSeconds: { "bootloader-commands": 8 } });
      if (ran.status === 0) expect(ran.results).toEqual(expect.arrayContaining(["0_board.arch pass", "lava.job pass"]));
      else if (ran.failedIn === "bootloader-commands")
        expectFailure(ran, {
          in: "bootloader-commands",
          type: "Infrastructure",
          saying: /waited 8 s for .*Starting kernel/,
        });
      else
        expectFailure(ran, { in: expect.stringMatching(/^(auto-)?login-action$/), type: "Job", saying: /timed out/ });
      expectClean(ran);
    },
  );

  test.runIf(soak)("a second user in the middle of a job is turned away, and the job goes on", async () => {
    const ran = await bench.run(
      {},
      once(/target .*Starting kernel/, ({ board }) => {
        const other = connect(board.console.port, "127.0.0.1", () => other.write("reset\n"));
        other.on("data", () => other.destroy());
      }),
    );
    expect(ran.line.some(({ kind }) => kind === "refused")).toBe(true);
    expect(ran.results).toContain("lava.job pass");
    expectClean(ran);
  });
});

/** Loses a fifth of what comes after "Starting kernel", until the board asks for a login. mulberry32 gives the same bytes for a seed. */
function losingUntilLogin(seed: number): (bytes: Buffer) => Buffer {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  let said = "";
  return (bytes) => {
    said += bytes.toString("latin1");
    const lossy = said.includes("Starting kernel") && !said.includes("login: ");
    return lossy ? (bytes.filter(() => random() >= 0.2) as Buffer) : bytes;
  };
}

/** Each command was typed at a prompt of this boot that came after the echo of the command before. */
function expectNothingTypedEarly(line: readonly LineEvent[]): void {
  let heard = "";
  let before = "Hit any key to stop autoboot";
  for (const { kind, text } of line) {
    if (kind === "power" || before.startsWith("booti")) return;
    if (kind === "board") heard += text;
    if (kind !== "user") continue;
    expect(heard, `'${text}' was typed before '${before}' was through`).toContain(before);
    if (text.trim() === "") continue; // the key that stops the countdown
    // the prompt is '=>': its space, and the newline behind the stopping key, may still be on their way
    expect(heard.slice(heard.lastIndexOf(before)), `'${text}' was typed without a prompt`).toMatch(
      /=> ?(\r\n)?(=> ?)?$/,
    );
    before = text.trim();
    heard = "";
  }
}
