import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter.js";

function split(pieces: readonly string[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const piece of pieces) splitter.push(piece);
  splitter.flush();
  return lines;
}

test("lines end at \\r\\r\\n, \\r\\n and \\n; ESC bytes go", () => {
  expect(split(["one\r\ntwo\r\r\nthree\n\n\x1b[31mred\x1b[0m\r\nlast"])).toEqual([
    "one",
    "two",
    "three",
    "",
    "[31mred[0m",
    "last",
  ]);
  expect(split(["a\r\r\r\nb\rc\n"])).toEqual(["a\r", "b\rc"]);
});

test("where the pieces end does not matter", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "\r", "\n", "\r\n", "\r\r\n", "\x1b"), { maxLength: 30 })
    .map((p) => p.join(""));
  fc.assert(
    fc.property(text, fc.array(fc.nat(40)), (whole, cuts) => {
      const wanted = whole.replaceAll("\x1b", "").split(/\r\r\n|\r\n|\n/);
      // what stands at the end without newline
      const rest = wanted.pop() ?? "";
      if (rest !== "") wanted.push(rest.replace(/\r\r?$/, ""));
      const ends = [...cuts].sort((a, b) => a - b);
      expect(split([0, ...ends].map((start, i) => whole.slice(start, ends[i] ?? whole.length)))).toEqual(wanted);
    }),
  );
});

test("a line of 100,000 characters is replaced by a remark, however it comes", () => {
  const remark = "<line way too long ...>";
  const long = "x".repeat(99_999);
  expect(split([`${long}\r\nok\n`])).toEqual([long, "ok"]);
  expect(split([`${long}x\r\nok\n`])).toEqual([remark, "ok"]);
  expect(split([...`${"x".repeat(250_000)}\r\nok`.match(/.{1,7}|\s+/g)!])).toEqual([remark, "ok"]);
  expect(split(["x".repeat(300_000)])).toEqual([remark]);
});
