import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { processRunner } from "./process-runner.js";

const runner = processRunner();
const never = new AbortController().signal;
const folders: string[] = [];
const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "basalt-process-"));
  folders.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Whether a process runs; one that ended and was not collected by its parent yet does not. */
const runs = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

test("gives status, both streams and the lines as they come", async () => {
  const lines: string[] = [];
  const result = await runner.run(["sh", "-c", "echo one; echo two >&2; printf 'no newline'; exit 3"], {
    signal: never,
    onLine: (line, stream) => lines.push(`${stream}:${line}`),
  });
  expect(result).toMatchObject({ code: 3, stdout: "one\nno newline", stderr: "two\n" });
  expect(lines.toSorted()).toEqual(["stderr:two", "stdout:no newline", "stdout:one"]);
});

test("a line is heard before the command ends", async () => {
  const folder = scratch();
  const fifo = join(folder, "go");
  await runner.run(["mkfifo", fifo], { signal: never });
  // the command waits for the test, which writes only once it has heard the line
  const result = await runner.run(["sh", "-c", `echo ready; read answer < ${fifo}; echo "got $answer"`], {
    signal: never,
    onLine: (line) => {
      if (line === "ready") void runner.run(["sh", "-c", `echo yes > ${fifo}`], { signal: never });
    },
  });
  expect(result.stdout).toBe("ready\ngot yes\n");
});

test("input, environment and folder reach the program", async () => {
  const result = await runner.run(["sh", "-c", "cat; echo $COLOUR; pwd"], {
    signal: never,
    input: "héllo\n",
    env: { COLOUR: "grey" },
    cwd: "/",
  });
  expect(result.stdout).toBe("héllo\ngrey\n/\n");
});

test("a program that ignores its input does not fail the call", async () => {
  const result = await runner.run(["true"], { signal: never, input: "x".repeat(1 << 20) });
  expect(result.code).toBe(0);
});

test("keeps the last megabyte", async () => {
  const result = await runner.run(["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo END"], { signal: never });
  expect(result.stdout.length).toBe(1 << 20);
  expect(result.stdout.endsWith("xEND\n")).toBe(true);
});

test("a command that is not there is named, its environment is not", async () => {
  const failure = runner.run(["no-such-program", "x"], { signal: never, env: { TOKEN: "s3cret" } });
  await expect(failure).rejects.toMatchObject({ code: "ERR_COMMAND_NOT_FOUND", kind: "infrastructure" });
  await expect(failure).rejects.toThrow(/no-such-program.*install it/);
  expect(JSON.stringify(await failure.catch((error: unknown) => error))).not.toContain("s3cret");
  await expect(runner.run(["/etc/passwd"], { signal: never })).rejects.toMatchObject({
    code: "ERR_COMMAND_NOT_FOUND",
  });
  await expect(runner.run(["true"], { signal: never, cwd: "/no/such" })).rejects.toThrow(/no such folder/);
  await expect(runner.run([], { signal: never })).rejects.toMatchObject({ code: "ERR_COMMAND_EMPTY" });
});

test("an abort ends the command, its children, and those in sessions of their own", async () => {
  const abort = new AbortController();
  const pids: number[] = [];
  const script = "sleep 1000 & echo $!; setsid sleep 1001 & echo $!; wait";
  const reason = new Error("canceled");
  const run = runner.run(["sh", "-c", script], {
    signal: abort.signal,
    onLine: (line) => {
      pids.push(Number(line));
      if (pids.length === 2) abort.abort(reason);
    },
  });
  await expect(run).rejects.toBe(reason);
  expect(pids.map(runs)).toEqual([false, false]);
});

test("a command that ignores SIGTERM is killed after the grace", async () => {
  const abort = new AbortController();
  let pid = 0;
  const run = processRunner({ graceMs: 100 }).run(["sh", "-c", "trap '' TERM; echo $$; while :; do sleep 1000; done"], {
    signal: abort.signal,
    onLine: (line) => {
      pid = Number(line);
      abort.abort(new Error("enough"));
    },
  });
  await expect(run).rejects.toThrow("enough");
  expect(runs(pid)).toBe(false);
});

test("a daemon that keeps the pipes open does not hold the command up", async () => {
  const result = await runner.run(["sh", "-c", "sleep 1000 & echo $!"], { signal: never });
  const pid = Number(result.stdout);
  expect(result.code).toBe(0);
  expect(runs(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
});

test("an aborted signal starts nothing", async () => {
  const file = join(scratch(), "touched");
  await expect(runner.run(["touch", file], { signal: AbortSignal.abort(new Error("late")) })).rejects.toThrow("late");
  expect(existsSync(file)).toBe(false);
});

test("finds and runs what stands in the administrators' folders, which a user's PATH leaves out", async () => {
  vi.stubEnv("PATH", "/usr/bin:/bin");
  try {
    expect(await runner.find("chroot")).toMatch(/^(\/usr)?\/sbin\/chroot$/);
    const { code, stderr } = await runner.run(["chroot"], { signal: never });
    expect(code).not.toBe(0);
    // its own complaint about missing words, under the name that it was called by
    expect(stderr).toMatch(/^(usage: )?chroot\b/);
  } finally {
    vi.unstubAllEnvs();
  }
});

test("finds programs of PATH", async () => {
  expect(await runner.find("sh")).toMatch(/\/sh$/);
  expect(await runner.find("no-such-program")).toBeUndefined();
});
