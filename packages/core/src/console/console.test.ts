import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BasaltError } from "../errors.js";
import { encoder, failureOf, handClock, line, signal } from "../testing/hand-held-line.js";
import { compilePattern } from "./regex/pattern.js";

describe("expect", () => {
  test("first match wins, the rest stays for the next", async () => {
    const { console, say } = line();
    say("boot\r\nhost login: root\r\nroot@host:/# ");
    const first = await console.expect([compilePattern("root@(.*):/#"), "login:"], { signal });
    expect(first).toMatchObject({ index: 1, text: "login:", before: "boot\r\nhost ", groups: [], droppedBefore: 0 });
    const second = await console.expect([compilePattern("root@(?P<host>.*):/#"), "login:"], { signal });
    expect(second).toMatchObject({ index: 0, before: " root\r\n", groups: ["host"], named: { host: "host" } });
  });

  test("a string is text, not a pattern", async () => {
    const { console, say } = line();
    say("a.c (x)* $ ");
    expect((await console.expect(["(x)* $"], { signal })).before).toBe("a.c ");
  });

  test("UTF-8 and bad bytes split anywhere", async () => {
    const bytes = [...encoder.encode("é😀"), 0xff, 0xe2, 0x82, ...encoder.encode("# ")];
    const { console, say } = line();
    for (const byte of bytes) say(new Uint8Array([byte]));
    expect((await console.expect(["# "], { signal })).before).toBe("é😀\ufffd\ufffd");
  });

  test("any cutting of the same bytes gives the same matches, and listeners the same text", {
    timeout: 600_000,
  }, async () => {
    const part = fc.constantFrom("login:", "root@", ":/# ", "é", "😀", "\r\n", "x", "12", "BUG: KASAN:", "BUG:", "\n");
    const patterns = [
      "login:",
      compilePattern("root@(.*):/#"),
      compilePattern("\\d+"),
      compilePattern("BUG: KASAN:"),
      "BUG:",
    ];
    const run = async (pieces: readonly Uint8Array[]) => {
      let heard = "";
      const { console, say, hangUp } = line({ onText: (text) => (heard += text) });
      for (const piece of pieces) say(piece);
      hangUp();
      const found: unknown[] = [];
      for (;;) {
        try {
          const { index, text, before, groups } = await console.expect(patterns, { signal });
          found.push([index, text, before, groups]);
        } catch (error) {
          expect((error as BasaltError).code).toBe("ERR_CONNECTION_CLOSED");
          return { found, heard };
        }
      }
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 20 }),
        fc.array(fc.nat(100), { maxLength: 20 }),
        async (parts, cuts) => {
          const bytes = encoder.encode(parts.join(""));
          const ends = cuts.filter((c) => c < bytes.length).sort((a, b) => a - b);
          const whole = await run([bytes]);
          expect(await run([0, ...ends].map((from, i) => bytes.slice(from, ends[i] ?? bytes.length)))).toEqual(whole);
          expect(await run(Array.from(bytes, (_, i) => bytes.slice(i, i + 1)))).toEqual(whole);
          expect(whole.heard).toBe(parts.join(""));
        },
      ),
      { numRuns: process.env.BASALT_SOAK === "1" ? 5000 : 150 },
    );
  });

  test("an abort rejects with the signal's reason and loses no byte", async () => {
    const { console, say } = line();
    const abort = new AbortController();
    const waiting = console.expect(["never"], { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    say("pro");
    say("mpt# ");
    expect((await console.expect(["prompt#"], { signal })).text).toBe("prompt#");
    await expect(console.expect(["x"], { signal: abort.signal })).rejects.toThrow("enough");
  });

  test("what an earlier expect has seen is searched again, one window back", async () => {
    let heard = () => {};
    const saying = new Promise<void>((resolve) => (heard = resolve));
    const { console, say } = line({ onText: () => heard() });
    const { clock, fire } = handClock();
    say("first second ");
    const waiting = failureOf(console.expect(["third"], { signal, timeoutMs: 5, clock }));
    await saying;
    fire[0]?.();
    expect((await waiting).code).toBe("ERR_CONSOLE_TIMEOUT");
    expect((await console.expect(["second"], { signal })).before).toBe("first ");
  });

  test("a time-out names what was waited for and the last lines", async () => {
    let heard = () => {};
    const saying = new Promise<void>((resolve) => (heard = resolve));
    const { console, say } = line({ onText: () => heard() });
    const { clock, fire } = handClock();
    say("U-Boot 2024.01\r\nStarting kernel ...\r\n");
    const waiting = failureOf(
      console.expect([compilePattern("login: ?"), "=> "], { signal, timeoutMs: 30_000, clock }),
    );
    await saying;
    fire[0]?.();
    const error = await waiting;
    expect(error).toMatchObject({ kind: "timeout", code: "ERR_CONSOLE_TIMEOUT" });
    expect(error.message).toBe(
      'waited 30 s for /login: ?/, "=> " on the console; the device said last:\nU-Boot 2024.01\nStarting kernel ...',
    );
    expect(error.details).toMatchObject({ patterns: ["login: ?", "=> "], timeoutMs: 30_000 });
  });

  test("a closed connection is the lab's fault, after all that was said was searched", async () => {
    const { console, say, hangUp } = line();
    say("bye # ");
    hangUp();
    expect((await console.expect(["# "], { signal })).text).toBe("# ");
    const error = await failureOf(console.expect(["login:"], { signal }));
    expect(error).toMatchObject({ kind: "infrastructure", code: "ERR_CONNECTION_CLOSED" });
    expect(error.message).toContain('connection closed by the device while waiting for "login:"');
    expect(error.details.lastText).toBe("bye # ");
    expect(console.closed).toBe(true);
  });

  test("a broken line keeps its cause", async () => {
    const { console, breakLine } = line();
    const waiting = failureOf(console.expect(["x"], { signal }));
    breakLine(new Error("EIO"));
    expect((await waiting).cause).toEqual(new Error("EIO"));
  });

  test("a match that could grow waits until the line is quiet", async () => {
    const { console, say } = line({ settleMs: 5 });
    say("took 12");
    const waiting = console.expect([compilePattern("took \\d+")], { signal });
    say("34");
    expect((await waiting).text).toBe("took 1234");
  });

  test("two at a time are a bug of ours", async () => {
    const { console } = line();
    const abort = new AbortController();
    const first = console.expect(["a"], { signal: abort.signal });
    expect(await failureOf(console.expect(["b"], { signal }))).toMatchObject({ kind: "bug", code: "ERR_CONSOLE_BUSY" });
    abort.abort(new Error("done"));
    await expect(first).rejects.toThrow("done");
  });

  test("a pattern that takes too many steps fails the wait, not the process", async () => {
    const { console, say } = line();
    say(`${"a".repeat(8000)}\n`.repeat(2));
    const error = await failureOf(console.expect([compilePattern("(?=(a+)+b)a")], { signal }));
    expect(error).toMatchObject({ kind: "job", code: "ERR_PATTERN_UNBOUNDED" });
  });

  test("text is left where it is when asked", async () => {
    const { console, say } = line();
    say("one two");
    expect((await console.expect(["two"], { signal, consume: false })).before).toBe("one ");
    expect((await console.expect(["one"], { signal })).text).toBe("one");
  });
});

describe("memory", () => {
  test("before is bounded and says what is missing", async () => {
    const { console, say } = line({ scrollback: 20_000 });
    const waiting = console.expect(["login:"], { signal });
    for (let i = 0; i < 10; i++) say("x".repeat(10_000));
    say("login:");
    const { before, droppedBefore } = await waiting;
    expect(before.length + droppedBefore).toBe(100_000);
    expect(before.length).toBeLessThanOrEqual(20_006);
  });

  test("while nobody waits the line is read and heard, and only so much is kept", async () => {
    let heard = 0;
    let all = () => {};
    const arrived = new Promise<void>((resolve) => (all = resolve));
    const { console, say } = line({
      backlog: 50_000,
      scrollback: 20_000,
      onText: (text) => {
        heard += text.length;
        if (heard === 1_000_000) all();
      },
    });
    for (let i = 0; i < 100; i++) say("y".repeat(10_000));
    await arrived;
    say("end");
    const { before, droppedBefore } = await console.expect(["end"], { signal });
    expect(before.length).toBeLessThanOrEqual(70_000);
    expect(before.length + droppedBefore).toBe(1_000_000);
  });
});

describe("discard", () => {
  test("an old prompt never matches again, also from the transport's queue", async () => {
    const { console, say } = line({ settleMs: 1 });
    say("=> ");
    const done = console.discard();
    say("=> ");
    await done;
    say("new => ");
    expect((await console.expect(["=> "], { signal })).before).toBe("new ");
  });

  test("also when more is queued than is read in one go", async () => {
    const { console, say } = line({ settleMs: 1 });
    const done = console.discard();
    for (let i = 0; i < 30; i++) say("x".repeat(100_000));
    say("=> ");
    await done;
    say("new => ");
    expect((await console.expect(["=> "], { signal })).before).toBe("new ");
  });

  test("while an expect waits", async () => {
    const { console, say } = line();
    const waiting = console.expect([compilePattern("a.*b")], { signal });
    say("a ");
    await console.discard();
    say("b a-b");
    expect(await waiting).toMatchObject({ text: "a-b", before: "b " });
  });

  test("drain takes what was said", async () => {
    const { console, say, hangUp } = line();
    say("feedback\r\n");
    expect(await console.drain({ forMs: 1, signal })).toBe("feedback\r\n");
    say("more");
    hangUp();
    // a closed line is not waited for
    expect(await console.drain({ forMs: 1_000_000, signal })).toBe("more");
    expect((await failureOf(console.expect(["feedback"], { signal }))).code).toBe("ERR_CONNECTION_CLOSED");
  });
});

describe("closing", () => {
  test("once, whoever waits is told", async () => {
    const { console, ends } = line();
    const waiting = failureOf(console.expect(["x"], { signal }));
    await Promise.all([console[Symbol.asyncDispose](), console[Symbol.asyncDispose]()]);
    expect((await waiting).code).toBe("ERR_CONNECTION_CLOSED");
    expect(ends).toEqual(["cancel", "close"]);
  });

  test("a failing listener is told to whoever waits", async () => {
    const { console, say } = line({
      onText: () => {
        throw new Error("disk full");
      },
    });
    const waiting = failureOf(console.expect(["x"], { signal }));
    say("text");
    expect(await waiting).toMatchObject({ code: "ERR_CONSOLE_LISTENER", cause: new Error("disk full") });
  });
});
