import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { silentDaemonLog, systemClock } from "@basalt/core";
import { openJobBook } from "@basalt/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeJob, openBench } from "./testing/bench.js";
import { type BuiltCommand, buildCommand } from "./testing/build-command.js";

// The command as a process, built from its sources beside dist: real signals, a real pipe.

let built: BuiltCommand;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built[Symbol.dispose]());

interface Command {
  readonly child: ChildProcess;
  out(): string;
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<number | null>;
}

/** Where the command keeps what must be gone when it ends. */
function scratchOf(cwd: string): string {
  const scratch = join(cwd, "scratch");
  mkdirSync(scratch, { recursive: true });
  return scratch;
}
const left = (cwd: string): readonly string[] =>
  readdirSync(scratchOf(cwd), { recursive: true })
    .map(String)
    .filter((name) => name !== `basalt-${userInfo().uid}`);

function basalt(cwd: string): Command {
  const argv = [built.script, "run", "job.yaml", "-d", "device.yaml", "--plugin", built.plugin];
  const env = { ...process.env, TMPDIR: scratchOf(cwd) };
  const child = spawn(process.execPath, argv, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const looks = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      for (const look of [...looks]) look();
    });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return {
    child,
    ended,
    out: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(text);
          if (!found) return;
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
        void ended.then((code) => reject(new Error(`ended with ${code}:\n${text}`)));
      }),
  };
}

/** Whether a process runs; one that is dead and not yet buried does not. */
const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s: the board is off and the status is 5", async (signal) => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "hang" }]));
  const command = basalt(bench.folder);
  await command.until(/start: 1\.1\.2 fake-hang/);
  command.child.kill(signal);
  expect(await command.ended).toBe(5);
  expect(left(bench.folder)).toEqual([]);
  expect(bench.power()).toEqual(["on", "off"]);
});

test("a reader that goes away cancels the job", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "chatter" }]));
  const command = basalt(bench.folder);
  await command.until(/chatter/);
  command.child.stdout?.destroy();
  expect(await command.ended).toBe(5);
  expect(left(bench.folder)).toEqual([]);
  expect(bench.power()).toEqual(["on", "off"]);
});

test("the third Ctrl-C ends the process and all it has started, even what has a session of its own", async () => {
  using bench = openBench();
  bench.write(
    "job.yaml",
    fakeJob([{ do: "child" }, { do: "hang-cleanup" }, { do: "hang" }], { timeouts: { job: { minutes: 5 } } }),
  );
  const command = basalt(bench.folder);
  const pid = Number((await command.until(/child (\d+)/))[1]);
  await command.until(/start: 1\.1\.4 fake-hang/);
  command.child.kill("SIGINT");
  await command.until(/cleanup hangs/);
  command.child.kill("SIGINT");
  await command.until(/Still being done/);
  expect(isAlive(pid)).toBe(true);
  command.child.kill("SIGINT");
  expect(await command.ended).toBe(5);
  expect(left(bench.folder)).toEqual([]);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test("a promise that nobody caught is a bug: status 70, the board off", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "reject" }]));
  const command = basalt(bench.folder);
  expect(await command.ended).toBe(70);
  expect(left(bench.folder)).toEqual([]);
  expect(command.out()).toContain("nobody catches this");
  expect(bench.power()).toEqual(["on", "off"]);
});

test("problems of a job are told with their places by the bundle, too", async () => {
  using bench = openBench();
  bench.write(
    "job.yaml",
    "job_name: x\ntimeouts: {job: {minutes: 5}}\nvisibility: publik\nactions:\n- boot: {method: qemu}\n",
  );
  const command = basalt(bench.folder);
  expect(await command.ended).toBe(2);
  expect(command.out()).toMatch(/^job\.yaml:3:13: error: visibility/m);
});

test("a worker's job runs in a process of its own; killed, its board is switched off by LAVA's commands", async () => {
  using bench = openBench();
  const scratch = scratchOf(bench.folder);
  const book = await openJobBook({
    folder: join(bench.folder, "state"),
    command: [process.execPath, built.script, "job-process", "--plugin", built.plugin],
    clock: systemClock,
    log: silentDaemonLog,
    environment: { PATH: process.env.PATH, TMPDIR: scratch },
  });
  const power = (to: string): string => `sh -c 'echo ${to} >> ${bench.folder}/power.log'`;
  const device = {
    hostname: "fake01",
    devicetype: "fake",
    constants: {},
    parameters: {},
    commands: { power_on: power("on"), power_off: power("off"), hard_reset: power("reset") },
    actions: { boot: { methods: { fake: null } } },
    timeouts: { actions: {}, connections: {} },
  };
  const rest = { device: JSON.stringify(device), dispatcher: "", env: "", envDut: "", compatibility: 1, version: "1" };
  const jobs = [[{ do: "pass" }], [{ do: "child" }, { do: "hang" }]];
  for (const [index, steps] of jobs.entries())
    await book.start({ ...rest, job: index + 1, definition: JSON.stringify(fakeJob(steps)) });
  const log = async (): Promise<string> =>
    Buffer.from((await book.read(2, 0, { maxLines: 1_000, maxBytes: 1 << 20 })).lines).toString();
  await expect.poll(log, { timeout: 15_000 }).toContain("start: 1.1.3 fake-hang");
  process.kill(JSON.parse(readFileSync(join(bench.folder, "state/jobs/2/pid.json"), "utf8")).pid, "SIGKILL");
  await expect.poll(() => book.ended(2), { timeout: 15_000 }).toMatchObject({ errorCode: "ERR_JOB_PROCESS_DIED" });
  await expect.poll(() => book.ended(1), { timeout: 15_000 }).toMatchObject({ result: "pass" });
  expect(isAlive(Number(/child (\d+)/.exec(await log())?.[1]))).toBe(false);
  expect(bench.power().toSorted()).toEqual(["off", "off", "on", "on"]);
  expect(await log()).toContain("Calling: ['sh', '-c', 'echo off");
  expect(left(bench.folder)).toEqual([]);
  await book.close();
});
