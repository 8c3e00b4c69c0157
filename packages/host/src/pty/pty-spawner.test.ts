import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { processRunner } from "../process/process-runner.js";
import { ptySpawner } from "./pty-spawner.js";

const spawner = ptySpawner({ graceMs: 200 });

const runs = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

/** Reads until the text holds a pattern; gives all of it. */
async function readUntil(readable: ReadableStream<Uint8Array>, pattern: RegExp): Promise<string> {
  const reader = readable.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (!pattern.test(text)) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    return text;
  } finally {
    reader.releaseLock();
  }
}

async function type(writable: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  writer.releaseLock();
}

test("a program in a terminal is read, written to and tells how it ended", async () => {
  await using pty = await spawner.spawn(["sh", "-c", "tty; read line; echo got:$line; exit 4"], {});
  expect(await readUntil(pty.readable, /\n/)).toMatch(/^\/dev\//);
  await type(pty.writable, "héllo\n");
  expect(await readUntil(pty.readable, /got/)).toContain("got:héllo");
  expect(await pty.exited).toEqual({ code: 4 });
  expect(await readUntil(pty.readable, /never/)).toBe("");
});

test("nothing is lost of a long output, read late, and the stream ends", async () => {
  await using pty = await spawner.spawn(["sh", "-c", "seq 1 200000"], {});
  await pty.exited;
  const text = await readUntil(pty.readable, /never/);
  const lines = text.split("\r\n");
  expect(lines.length).toBe(200_001);
  expect(lines[199_999]).toBe("200000");
});

test("carries every byte", async () => {
  await using pty = await spawner.spawn(["sh", "-c", "stty raw -echo; printf ready; head -c 256 | od -An -v -tu1"], {});
  await readUntil(pty.readable, /ready/);
  const writer = pty.writable.getWriter();
  await writer.write(Uint8Array.from({ length: 256 }, (_, index) => index));
  const seen = (await readUntil(pty.readable, /255/)).trim().split(/\s+/).map(Number);
  expect(seen).toEqual(Array.from({ length: 256 }, (_, index) => index));
});

test("disposing ends the program, its jobs in other groups and those in other sessions", async () => {
  const pty = await spawner.spawn(
    ["sh", "-c", "set -m; sleep 1000 & echo $!; set +m; setsid sleep 1001 & echo $!; echo done; wait"],
    {},
  );
  const text = await readUntil(pty.readable, /done/);
  const pids = [...text.matchAll(/^(\d+)\r$/gm)].map((match) => Number(match[1]));
  expect(pids.map(runs)).toEqual([true, true]);
  await Promise.all([pty[Symbol.asyncDispose](), pty[Symbol.asyncDispose]()]);
  expect([pty.pid, ...pids].map(runs)).toEqual([false, false, false]);
  expect(await pty.exited).toEqual({ code: undefined, endedBy: "SIGTERM" });
});

test("a program that ignores every polite signal is killed", async () => {
  const pty = await spawner.spawn(["sh", "-c", "trap '' TERM HUP; echo up; while :; do sleep 1000; done"], {});
  await readUntil(pty.readable, /up/);
  await pty[Symbol.asyncDispose]();
  expect(await pty.exited).toEqual({ code: undefined, endedBy: "SIGKILL" });
  expect(runs(pty.pid)).toBe(false);
});

test("disposing works with nobody reading and after the end", async () => {
  const pty = await spawner.spawn(["yes"], {});
  await pty[Symbol.asyncDispose]();
  expect(runs(pty.pid)).toBe(false);
  const short = await spawner.spawn(["true"], {});
  await short.exited;
  await short[Symbol.asyncDispose]();
  await expect(type(short.writable, "x")).rejects.toMatchObject({ code: "ERR_CONNECTION_CLOSED" });
});

test("a program that does not read holds nobody up", async () => {
  const pty = await spawner.spawn(["sh", "-c", "stty raw; printf ready; exec sleep 1000"], {});
  await readUntil(pty.readable, /ready/);
  // far more than the kernel keeps for a terminal: a write that waited for the reader would stop this process
  const writing = type(pty.writable, "x".repeat(1 << 20));
  const refused = expect(writing).rejects.toMatchObject({ code: "ERR_CONNECTION_CLOSED" });
  await pty[Symbol.asyncDispose]();
  await refused;
  expect(runs(pty.pid)).toBe(false);
});

test("a slow reader gets all of a long text", async () => {
  await using pty = await spawner.spawn(
    ["sh", "-c", "stty raw -echo; printf ready; head -c 1000000 | cksum; echo done"],
    {},
  );
  await readUntil(pty.readable, /ready/);
  await type(pty.writable, "0123456789".repeat(100_000));
  const sum = await processRunner().run(["sh", "-c", "head -c 1000000 | cksum"], {
    signal: new AbortController().signal,
    input: "0123456789".repeat(100_000),
  });
  expect((await readUntil(pty.readable, /done/)).trim().split(/\s+/).slice(0, 2)).toEqual(sum.stdout.trim().split(" "));
});

test("what the program leaves behind ends with it", async () => {
  await using pty = await spawner.spawn(["sh", "-c", "trap '' HUP; sleep 1000 & echo $!; echo done"], {});
  const pid = Number.parseInt(await readUntil(pty.readable, /done/), 10);
  await pty.exited;
  await pty[Symbol.asyncDispose]();
  expect(runs(pid)).toBe(false);
});

test("a program that is not there is named", async () => {
  await expect(spawner.spawn(["no-such-program"], {})).rejects.toMatchObject({ code: "ERR_COMMAND_NOT_FOUND" });
  await expect(spawner.spawn([], {})).rejects.toMatchObject({ code: "ERR_COMMAND_EMPTY" });
});

test("environment and folder reach the program", async () => {
  await using pty = await spawner.spawn(["sh", "-c", "echo $COLOUR-$PWD"], { env: { COLOUR: "grey" }, cwd: "/usr" });
  expect(await readUntil(pty.readable, /\n/)).toBe("grey-/usr\r\n");
});
