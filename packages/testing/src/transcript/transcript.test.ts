import { Console } from "@basalt/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeClock } from "../fakes/fake-clock.js";
import { virtualSerial } from "../serial/virtual-serial.js";
import { record } from "./record.js";
import { replay } from "./replay.js";
import { formatTranscript, parseTranscript, type TranscriptRecord } from "./transcript.js";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const { signal } = new AbortController();

const session = `# basalt transcript 1
# a board that asks who is there
0.000 < U-Boot 2023.01\\r\\n
0.000 < Hit any key to stop autoboot:  1\\x20
0.350 > \\x20
0.352 < \\r\\n
0.352 < =>\\x20
1.000 > version\\n
1.010 < version\\r\\n
1.011 < U-Boot 2023.01 é \\xff\\r\\n
1.012 < =>\\x20
`;

describe("the file", () => {
  test("is text that people read, and comes back as it went", () => {
    const transcript = parseTranscript(session);
    expect(transcript.records[0]).toEqual({ atMs: 0, direction: "<", bytes: bytesOf("U-Boot 2023.01\r\n") });
    expect(transcript.records[2]).toEqual({ atMs: 350, direction: ">", bytes: bytesOf(" ") });
    expect([...transcript.records[7]!.bytes].slice(-3)).toEqual([0xff, 13, 10]);
    expect(parseTranscript(formatTranscript(transcript))).toEqual(transcript);
  });

  test("keeps every byte, whatever it is", () => {
    const one = fc.record({
      atMs: fc.nat(100_000),
      direction: fc.constantFrom("<" as const, ">" as const),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        fc.string({ unit: "binary", minLength: 1 }).map(bytesOf),
      ),
    });
    const flat = (records: readonly TranscriptRecord[]) =>
      records.flatMap(({ atMs, direction, bytes }) => [...bytes].map((byte) => `${atMs}${direction}${byte}`));
    fc.assert(
      fc.property(fc.array(one), (records) => {
        const text = formatTranscript({ records });
        expect(flat(parseTranscript(text).records)).toEqual(flat(records));
        expect(text).not.toMatch(/[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f]| $/m);
      }),
    );
  });

  test("has no white space but the blank, and none at the end of a line", () => {
    const spaces =
      "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\x85";
    const said = [...spaces, ` a${spaces} `, "  "].map((text) => ({
      atMs: 0,
      direction: "<" as const,
      bytes: bytesOf(text),
    }));
    const text = formatTranscript({ records: said });
    expect(text).not.toMatch(/[^\S\n ]|[^\S\n]$/m);
    expect(parseTranscript(text).records).toEqual(said);
  });

  test.each([
    ["no title", "0.0 < x\n", /first line/],
    ["a line of something else", "# basalt transcript 1\nhello\n", /line 2/],
    ["an unknown escape", "# basalt transcript 1\n0.0 < \\q\n", /line 2: unknown escape '\\q'/],
  ])("with %s is refused", (_what, text, message) => {
    expect(() => parseTranscript(text)).toThrow(
      expect.objectContaining({ code: "ERR_TRANSCRIPT_INVALID", message: expect.stringMatching(message) }),
    );
  });
});

test("a session is recorded with its times, both ways", async () => {
  const clock = new FakeClock();
  const { host, dut } = virtualSerial();
  const recording = record(host, clock);
  const board = dut.writable.getWriter();
  const reader = recording.transport.readable.getReader();
  await board.write(bytesOf("login: "));
  expect((await reader.read()).value).toEqual(bytesOf("login: "));
  await clock.advance(1_500);
  await recording.transport.writable.getWriter().write(bytesOf("root\n"));
  expect(formatTranscript(recording.transcript())).toBe(
    "# basalt transcript 1\n0.000 < login:\\x20\n1.500 > root\\n\n",
  );
  expect((await dut.readable.getReader().read()).value).toEqual(bytesOf("root\n"));
});

describe("a replay", () => {
  const transcript = parseTranscript(session);
  const talk = async (by: "byte" | "record" | "all", strict: boolean, command = "version\n") => {
    const line = replay(transcript, { by, strict });
    await using console = new Console(line);
    await console.expect(["stop autoboot"], { signal });
    await console.send(" ");
    await console.expect(["=> "], { signal });
    await console.send(command);
    const answer = await console.expect(["=> "], { signal });
    await line.finished;
    return answer.before;
  };

  test.each(["byte", "record", "all"] as const)("by %s says the same", async (by) => {
    expect(await talk(by, true)).toBe("version\r\nU-Boot 2023.01 é \ufffd\r\n");
  });

  test("cuts as it was told", async () => {
    const sizes = async (by: "byte" | "record" | "all"): Promise<number[]> => {
      const reader = replay({ records: transcript.records.slice(0, 2) }, { by }).readable.getReader();
      const lengths: number[] = [];
      for (let r = await reader.read(); !r.done; r = await reader.read()) lengths.push(r.value.length);
      return lengths;
    };
    expect(await sizes("all")).toEqual([16 + 33]);
    expect(await sizes("record")).toEqual([16, 33]);
    expect(await sizes("byte")).toEqual(Array(49).fill(1));
  });

  test("says nothing before it was sent what it was sent", async () => {
    const line = replay(transcript, { by: "all" });
    const console = new Console(line);
    await console.expect(["stop autoboot"], { signal });
    await expect(
      console.expect(["=> "], { signal, timeoutMs: 5, clock: new FakeClock({ autoAdvance: true }) }),
    ).rejects.toMatchObject({ code: "ERR_CONSOLE_TIMEOUT" });
  });

  test("refuses what was not sent, and shows both", async () => {
    const line = replay(transcript, { by: "all" });
    const failed = expect(line.finished).rejects.toMatchObject({
      code: "ERR_REPLAY_DIFFERS",
      message: "1 s into the recording 'version\\n' was sent; now 'help\\n' was",
    });
    await using console = new Console(line);
    await console.send(" ");
    await console.send("help\n");
    await failed;
  });

  test("lenient, takes any line for a line", async () => {
    expect(await talk("byte", false, "help me\n")).toContain("U-Boot 2023.01");
  });

  test("that is hung up on says what was still to be sent", async () => {
    const line = replay(transcript, { by: "all" });
    await line[Symbol.asyncDispose]();
    await expect(line.finished).rejects.toMatchObject({
      code: "ERR_REPLAY_DIFFERS",
      message: expect.stringContaining("hung up"),
    });
  });

  test("keeps the recorded pace where it has a clock", async () => {
    const clock = new FakeClock();
    const line = replay(
      { records: transcript.records.filter(({ direction }) => direction === "<") },
      { by: "record", clock },
    );
    await clock.run(line.finished);
    expect(clock.monotonic()).toBe(1_012);
  });
});
