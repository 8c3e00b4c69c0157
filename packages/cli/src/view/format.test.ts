import { expect, test } from "vitest";
import { ConsoleLines, readable } from "./console-lines.js";
import { humanBytes, humanProgress, humanTime } from "./format.js";
import { makePaint } from "./paint.js";
import { formatTable } from "./table.js";
import { terminalFacts } from "./terminal.js";

test.each([
  [0, "0.0 s"],
  [9_900, "9.9 s"],
  [9_999, "10 s"],
  [59_600, "1:00"],
  [125_000, "2:05"],
  [3_723_000, "1:02:03"],
  [-5, "0.0 s"],
])("%i ms reads %s", (ms, text) => expect(humanTime(ms)).toBe(text));

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [999_600, "1.0 MB"],
  [123_456_789, "123 MB"],
  [5e15, "5000 TB"],
])("%i bytes read %s", (bytes, text) => expect(humanBytes(bytes)).toBe(text));

test("progress tells share, amount and rate, as far as they are known", () => {
  expect(humanProgress({ done: 5e6, total: 20e6, unit: "bytes", perSecond: 1e6 })).toBe(
    "25%, 5.0 MB of 20.0 MB, 1.0 MB/s",
  );
  expect(humanProgress({ done: 5e6, unit: "bytes" })).toBe("5.0 MB");
  expect(humanProgress({ done: 3, total: 4, unit: "steps", perSecond: 1 })).toBe("75%, 3 of 4");
});

test.each([
  ["\u001b[31mred\u001b[0m \u0007bell", "red bell"],
  ["a\tb", "a    b"],
  ["10%\r50%\r100%\r", "100%"],
  ["back\bspace\u0000", "backspace"],
])("%j reads %j", (raw, text) => expect(readable(raw)).toBe(text));

test("lines are found wherever the console's text is cut", () => {
  const text = "one\r\ntwo\r\r\nthree\nfour\r\n> ";
  for (let size = 1; size <= text.length; size++) {
    const console = new ConsoleLines();
    const lines: string[] = [];
    for (let at = 0; at < text.length; at += size) lines.push(...console.push(text.slice(at, at + size)));
    expect(lines).toEqual(["one", "two", "three", "four"]);
    expect(console.open).toBe(">");
    expect(console.flush()).toEqual([">"]);
    expect(console.flush()).toEqual([]);
  }
});

test.each([
  ["a pipe", {}, { TERM: "xterm", LANG: "C.UTF-8" }, { live: false, colour: false, unicode: true }],
  ["a terminal", { isTTY: true }, { TERM: "xterm", LANG: "en_US.utf8" }, { live: true, colour: true, unicode: true }],
  ["a dumb terminal", { isTTY: true }, { TERM: "dumb", LANG: "C" }, { live: false, colour: false, unicode: false }],
  ["a terminal without name", { isTTY: true }, {}, { live: false, colour: false, unicode: false }],
  [
    "LC_ALL",
    { isTTY: true },
    { TERM: "vt100", LC_ALL: "C", LANG: "en_US.UTF-8" },
    { live: true, colour: true, unicode: false },
  ],
  ["NO_COLOR", { isTTY: true }, { TERM: "xterm", NO_COLOR: "1" }, { live: true, colour: false, unicode: false }],
  ["an empty NO_COLOR", { isTTY: true }, { TERM: "xterm", NO_COLOR: "" }, { live: true, colour: true, unicode: false }],
  ["FORCE_COLOR", {}, { FORCE_COLOR: "1" }, { live: false, colour: true, unicode: false }],
])("%s", (_name, stream, env, facts) => expect(terminalFacts({ write: () => {}, ...stream }, env)).toEqual(facts));

test("without colour and UTF-8 only ASCII is printed", () => {
  const paint = makePaint({ colour: false, unicode: false });
  expect(paint.red("x")).toBe("x");
  expect(paint.plain("Grüße 🙂 \u001b")).toBe("Gr??e ? ?");
  expect(JSON.stringify(paint.signs)).toMatch(/^[\x20-\x7e]*$/);
  expect(makePaint({ colour: true, unicode: true }).red("x")).toBe("\u001b[31mx\u001b[39m");
});

test("columns are as wide as their widest cell, colours do not count", async () => {
  const paint = makePaint({ colour: true, unicode: true });
  const lines = await formatTable(
    ["a", "b"],
    [
      ["xxx", { text: "1", paint: paint.red }],
      ["y", "2"],
    ],
    paint,
  );
  expect(lines.slice(1)).toEqual(["xxx  \u001b[31m1\u001b[39m", "y    2"]);
});

test("wide characters take two columns", async () => {
  const paint = makePaint({ colour: false, unicode: true });
  const lines = await formatTable(
    ["a", "b"],
    [
      ["日本", "1"],
      ["xyz", "2"],
    ],
    paint,
  );
  expect(lines).toEqual(["a     b", "日本  1", "xyz   2"]);
});
