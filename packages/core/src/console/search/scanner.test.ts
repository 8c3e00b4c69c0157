import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePattern, type Pattern } from "../regex/pattern.js";
import { makePatternSet } from "./pattern-set.js";
import { Scanner, type SearchWindow } from "./scanner.js";

const soak = process.env.BASALT_SOAK === "1";
const small: SearchWindow = { length: 16, step: 8 };
const lava: SearchWindow = { length: 8184, step: 4092 };

type Given = readonly (string | Pattern)[];
type Found = readonly [index: number, start: number, text: string];

/** All matches of a stream, one scanner after another, as expect after expect finds them. */
function scanAll(patterns: Given, pieces: readonly string[], window = lava): Found[] {
  const set = makePatternSet(patterns);
  const found: Found[] = [];
  let base = 0;
  let scanner = new Scanner(set, window);
  const next = (hit: { index: number; start: number; end: number; match: { text: string } }): void => {
    found.push([hit.index, base + hit.start, hit.match.text]);
    base += hit.end;
    scanner = new Scanner(set, window);
  };
  const whole = pieces.join("");
  let fed = 0;
  for (const piece of ["", ...pieces]) {
    let position = fed;
    fed += piece.length;
    for (;;) {
      const hit = scanner.feed(whole.slice(0, fed), position);
      if (!hit) break;
      // an empty match consumes nothing: stop instead of finding it for ever
      if (hit.end === 0) return [...found, [hit.index, base, ""]];
      next(hit);
      position = base;
    }
  }
  for (let hit = scanner.quiet(); hit && hit.end > 0; hit = scanner.quiet()) {
    next(hit);
    scanner.feed("", 0);
    const again = scanner.feed(whole.slice(base), 0);
    if (again) next(again);
  }
  return found;
}

/** What pexpect finds, given one character at a time: written down as directly as can be. */
function pexpectOf(patterns: readonly Pattern[], text: string): Found | undefined {
  for (let n = 0; n <= text.length; n++) {
    let best: Found | undefined;
    patterns.forEach((pattern, index) => {
      const match = pattern.search(text.slice(0, n));
      if (match && (!best || match.start < best[1])) best = [index, match.start, match.text];
    });
    if (best) return best;
  }
  return undefined;
}

/** Cuts between characters: a decoder never hands on half of one. */
const cut = (text: string, places: readonly number[]): string[] => {
  const chars = Array.from(text);
  const ends = [...new Set(places.map((p) => Math.min(p, chars.length)))].sort((a, b) => a - b);
  return [0, ...ends].map((start, i) => chars.slice(start, ends[i] ?? chars.length).join(""));
};

// closed patterns: none can grow, so there is nothing to wait for
const closed = [
  "root@(.*):/#",
  "login:",
  "a(b|c)d",
  "[#$] ",
  "\\d+x",
  "\\bfoo:",
  "^# ",
  "(?m)^ab",
  "x{2,4}y",
  "(a|b)*c",
  "(?<=o)m:",
  "(?i)LoGin",
  "b(.*?)c",
  "\\Aab",
].map((source) => compilePattern(source));
const open = ["\\d+", "foo(bar)?", "a|abc", "abc|a", "[a-c]+", "x.*", "ab$", "c\\Z", "o\\b", "(ab)+", "(?m)a$"].map(
  (s) => compilePattern(s),
);
const opaque = ["foo(?=bar)", "a(?!b)", "(a|b)\\1", "(?>a+)b", "\\d++x"].map((source) => compilePattern(source));
const text = fc
  .array(
    fc.constantFrom(
      "root@",
      ":/#",
      "login:",
      "a",
      "b",
      "c",
      "d",
      "# ",
      "1",
      "23",
      "x",
      "y",
      "foo",
      "bar",
      "om:",
      " ",
      "\n",
      "\r\n",
      "é",
      "😀",
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));
const cuts = fc.array(fc.nat(150), { maxLength: 30 });
const some = (list: readonly Pattern[]) => fc.subarray([...list], { minLength: 1, maxLength: 5 });
const runs = { numRuns: soak ? 20_000 : 300 };

describe("Scanner", { timeout: soak ? 600_000 : 20_000 }, () => {
  test("finds what pexpect finds, given one character at a time", () => {
    fc.assert(
      fc.property(some(closed), text, cuts, (patterns, stream, places) => {
        // where patterns begin alike ours waits for the one that stands first: see the test of BUG: KASAN:
        fc.pre(makePatternSet(patterns).members.every(({ rivals }) => rivals.length === 0));
        const [first] = scanAll(patterns, cut(stream, places), lava);
        const wanted = pexpectOf(patterns, stream);
        expect(first).toEqual(wanted);
      }),
      runs,
    );
  });

  test.each([
    ["closed", closed, small],
    ["open", [...closed, ...open], small],
    ["open in a large window", [...closed, ...open], lava],
    ["opaque", [...closed, ...open, ...opaque], small],
  ])("any cutting of the same text gives the same matches: %s", (_, list, window) => {
    fc.assert(
      fc.property(some(list), text, cuts, (patterns, stream, places) => {
        const whole = scanAll(patterns, [stream], window);
        expect(scanAll(patterns, cut(stream, places), window)).toEqual(whole);
        expect(scanAll(patterns, Array.from(stream), window)).toEqual(whole);
      }),
      runs,
    );
  });

  test("a greedy prompt ends at the first place where it can", () => {
    const prompt = compilePattern("root@(.*):/#");
    expect(scanAll([prompt], ["root@a:/# ls\r\nroot@b:/# "])).toEqual([
      [0, 0, "root@a:/#"],
      [0, 14, "root@b:/#"],
    ]);
  });

  test("a number is taken whole, also when it comes in pieces", () => {
    const number = compilePattern("time: \\d+\\.\\d+");
    expect(scanAll([number], ["time: 1", "2.3", "4", "5 s"])).toEqual([[0, 0, "time: 12.345"]]);
  });

  test("$ and \\Z match where the line falls quiet, not at every pause", () => {
    const prompt = compilePattern("# $");
    expect(scanAll([prompt], ["# ", "# comment\r\n", "/ # "])).toEqual([[0, 15, "# "]]);
  });

  test("of matches that begin at one place the pattern that stands first wins, although it ends later", () => {
    const kasan = compilePattern("BUG: KASAN:");
    const bug = compilePattern("(kernel BUG at|BUG:)");
    expect(scanAll([kasan, bug], Array.from("BUG: KASAN: use"))).toEqual([[0, 0, "BUG: KASAN:"]]);
    expect(scanAll([kasan, bug], ["BUG: soft lockup"])).toEqual([[1, 0, "BUG:"]]);
    expect(scanAll([kasan, bug], Array.from("BUG: KA"))).toEqual([[1, 0, "BUG:"]]);
  });

  test("a match begins in the window, at most one step farther back", () => {
    const prompt = compilePattern("a.*b");
    const find = (gap: number) => scanAll([prompt], [`a${"-".repeat(gap)}b`], small).length;
    expect(find(14)).toBe(1);
    expect(find(16 + 8)).toBe(0);
    expect(find(1000)).toBe(0);
  });

  test("what began before the window is no longer under way", () => {
    const scanner = new Scanner(makePatternSet([compilePattern("a.*\\Z")]), small);
    expect(scanner.feed("a---")).toBeUndefined();
    expect(scanner.undecided).toBe(true);
    expect(scanner.feed("-".repeat(100))).toBeUndefined();
    expect(scanner.undecided).toBe(false);
  });

  test("a pattern with look-ahead is judged at the line's end and at quiet", () => {
    const pattern = compilePattern("ok(?! fail)");
    expect(scanAll([pattern], ["ok", " fail\nok", " good\n"])).toEqual([[0, 8, "ok"]]);
    expect(scanAll([pattern], ["ok"])).toEqual([[0, 0, "ok"]]);
  });

  test("characters beyond the first 65,536 count as one", () => {
    expect(scanAll([compilePattern("x.y")], ["x😀y x😀😀y"])).toEqual([[0, 0, "x😀y"]]);
  });
});
