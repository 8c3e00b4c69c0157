import { Console, type JsonObject, retry } from "@basalt/core";
import { FakeClock, runPlan, virtualSerial } from "@basalt/testing";
import { expect, test } from "vitest";
import { type Session, SessionSlot } from "../slots.js";
import { loginAction, readLogin, waitForKernel } from "./login-action.js";

const device = {
  hostname: "board-01",
  constants: {
    "kernel-start-message": "Linux version [0-9]",
    "u-boot": { "error-messages": ["Retry count exceeded"] },
  },
};
const signal = new AbortController().signal;

interface Talk {
  readonly board: Console;
  unplug(): void;
}

/** Logs in on a board that talks as told. */
async function login(
  params: JsonObject,
  talk: (far: Talk) => Promise<void>,
  more: { readonly clock?: FakeClock; readonly bootloader?: string } = {},
) {
  const { host, dut, unplug } = virtualSerial();
  await using console = new Console(host);
  await using board = new Console(dut);
  const session: Session = { console, prompts: [], lineSeparator: "\n" };
  const plan = retry(waitForKernel(more.bootloader), loginAction(readLogin(params)));
  const ran = runPlan(plan, {
    device,
    params,
    slots: [[SessionSlot, session]],
    job: { timeouts: { action: { seconds: 20 } } },
    ...(more.clock ? { clock: more.clock } : {}),
  });
  await Promise.race([talk({ board, unplug }), ran]);
  return await (more.clock ? more.clock.run(ran) : ran);
}

const debian = {
  auto_login: { login_prompt: "login:", username: "root", password_prompt: "Password:", password: "pa55word" },
  prompts: ["root@debian:~#"],
};

test("waits for the kernel, gives user and password, waits for the prompt", async () => {
  const typed: string[] = [];
  const ran = await login(debian, async ({ board }) => {
    await board.send("U-Boot 2024.01\r\nLinux version 6.1.0\r\ndebian login: ");
    typed.push((await board.expect(["\n"], { signal })).before);
    await board.send("Password: ");
    typed.push((await board.expect(["\n"], { signal })).before);
    await board.send("\r\nWelcome\r\nroot@debian:~# ");
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(typed).toEqual(["root", "pa55word"]);
  expect(ran.slot(SessionSlot)?.prompts).toEqual(["root@debian:~#"]);
});

test("a password is typed, but stands in no log", async () => {
  const ran = await login(debian, async ({ board }) => {
    await board.send("Linux version 6.1.0\r\nlogin: ");
    await board.expect(["root\n"], { signal });
    await board.send("Password: ");
    await board.expect(["\n"], { signal });
    await board.send("root@debian:~# ");
  });
  expect(ran.outcome.result).toBe("pass");
  expect(JSON.stringify(ran.events)).not.toContain("pa55word");
});

test("login commands run one after the other", async () => {
  const params = { ...debian, auto_login: { ...debian.auto_login, login_commands: ["sudo su", "stty -echo"] } };
  const typed: string[] = [];
  const ran = await login(params, async ({ board }) => {
    await board.send("Linux version 6.1.0\r\nroot@debian:~# ");
    for (let i = 0; i < 2; i++) {
      typed.push((await board.expect(["\n"], { signal })).before);
      await board.send("root@debian:~# ");
    }
  });
  expect(ran.outcome.result).toBe("pass");
  expect(typed).toEqual(["sudo su", "stty -echo"]);
});

test("a wrong password is the job's fault, in the login action", async () => {
  const ran = await login(debian, async ({ board }) => {
    await board.send("Linux version 6.1.0\r\nlogin: ");
    await board.expect(["\n"], { signal });
    await board.send("Password: ");
    await board.expect(["\n"], { signal });
    await board.send("\r\nLogin incorrect\r\nlogin: ");
  });
  expect(ran.outcome).toMatchObject({
    result: "fail",
    action: "login-action",
    error: { kind: "job", code: "ERR_LOGIN_FAILED", message: expect.stringContaining("root") },
  });
});

test("a kernel that panics ends the login at once, and is in the results", async () => {
  const ran = await login(debian, async ({ board }) => {
    await board.send(
      "Linux version 6.1.0\r\nKernel panic - not syncing: VFS: Unable to mount root fs\r\n---[ end Kernel panic - not syncing ]---\r\n",
    );
  });
  expect(ran.outcome).toMatchObject({
    result: "fail",
    action: "login-action",
    error: { kind: "job", code: "ERR_KERNEL_PANIC", message: expect.stringContaining("Unable to mount root") },
  });
  expect(ran.results).toContainEqual(expect.objectContaining({ case: "kernel-messages", result: "fail" }));
});

test.each([
  [
    "VFS: Unable to mount root fs via NFS.\r\nVFS: Cannot open root device",
    /via NFS\.': the NFS root .* exports this path/,
  ],
  ["mount: mounting 10.0.0.1:/no/such on /root failed: No such file", /10\.0\.0\.1:\/no\/such .*': the NFS root/],
  ["VFS: Unable to mount root fs on /dev/vda2", /\/dev\/vda2': .* check root= /],
  ["NFS: Registering the id_resolver key type", /^the kernel died \(panic\): Kernel panic - not syncing: x$/],
])("a panic behind '%s' says what could not be mounted", async (line, saying) => {
  const ran = await login(debian, async ({ board }) => {
    await board.send(`Linux version 6.1.0\r\n[    1.2] ${line}\r\nKernel panic - not syncing: x\r\n`);
    await board.send("---[ end Kernel panic - not syncing: x ]---\r\n");
  });
  expect(ran.outcome).toMatchObject({
    action: "login-action",
    error: { kind: "job", code: "ERR_KERNEL_PANIC", message: expect.stringMatching(saying) },
  });
});

test("a warning on the way is noted and survived; ignore_kernel_messages looks away", async () => {
  const talk = async ({ board }: Talk) => {
    await board.send("Linux version 6.1.0\r\nBUG: sleeping function called from invalid context\r\nroot@debian:~# ");
  };
  const noted = await login(debian, talk);
  expect(noted.outcome.result).toBe("pass");
  expect(noted.results).toContainEqual(
    expect.objectContaining({
      case: "kernel-messages",
      result: "pass",
      extra: { extra: [{ kind: "bug", message: expect.stringContaining("sleeping") }] },
    }),
  );
  const ignored = await login({ ...debian, ignore_kernel_messages: true }, talk);
  expect(ignored.results.some((result) => result.case === "kernel-messages")).toBe(false);
});

test("a bootloader's error message is the lab's fault", async () => {
  const ran = await login(
    debian,
    async ({ board }) => void (await board.send("Retry count exceeded; starting again\r\n")),
    { bootloader: "u-boot" },
  );
  expect(ran.outcome).toMatchObject({
    action: "auto-login-action",
    error: {
      kind: "infrastructure",
      code: "ERR_BOOTLOADER_MESSAGE",
      message: expect.stringContaining("Retry count exceeded"),
    },
  });
});

test("a silent board times out in the action that waits", async () => {
  const ran = await login(debian, async () => {}, { clock: new FakeClock() });
  expect(ran.outcome).toMatchObject({
    action: "auto-login-action",
    error: {
      kind: "job",
      code: "ERR_ACTION_TIMEOUT",
      message: expect.stringMatching(/auto-login-action timed out after 20 seconds/),
    },
  });
});

test("a board that hangs at login times out there", async () => {
  const ran = await login(debian, async ({ board }) => void (await board.send("Linux version 6.1.0\r\n")), {
    clock: new FakeClock(),
  });
  expect(ran.outcome).toMatchObject({ action: "login-action", error: { code: "ERR_ACTION_TIMEOUT" } });
});

test("a console that closes is told apart from silence", async () => {
  const ran = await login(debian, async ({ board, unplug }) => {
    await board.send("Linux version 6.1.0\r\n");
    unplug();
  });
  expect(ran.outcome).toMatchObject({ error: { kind: "infrastructure", code: "ERR_CONNECTION_CLOSED" } });
});

test("a prompt that is no regular expression is refused before anything is switched on", async () => {
  const ran = await login({ ...debian, prompts: ["root@["] }, async () => {});
  expect(ran.outcome).toMatchObject({
    result: "fail",
    error: { kind: "job", code: "ERR_JOB_INVALID", message: expect.stringContaining('"root@["') },
  });
  expect(ran.ended).not.toContain("login-action fail");
});
