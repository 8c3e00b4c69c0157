import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isBasaltError } from "../../errors.js";
import { type CharSet, complement, normalize, union } from "./char-set.js";
import { type Case, makeCase, random } from "./fixtures/generate.js";
import { parsePattern } from "./parse.js";
import { noFlags } from "./parse-flags.js";
import { compilePattern } from "./pattern.js";

const soak = process.env.BASALT_SOAK === "1";
const seed = Number(process.env.BASALT_SEED ?? (soak ? Date.now() % 2 ** 32 : 20260801));
const count = soak ? 40_000 : 3_000;

interface Answer {
  readonly spans?: readonly (readonly [number, number])[] | null;
  readonly names?: Readonly<Record<string, number>> | null;
  readonly error?: string;
  readonly slow?: boolean;
}

function askPython(cases: readonly Case[]): Answer[] {
  const peer = fileURLToPath(new URL("./fixtures/python-peer.py", import.meta.url));
  const run = spawnSync("/usr/bin/python3", [peer], {
    input: cases.map((c) => JSON.stringify(c)).join("\n"),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  expect(run.status, run.stderr).toBe(0);
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

/** Python counts code points, JavaScript UTF-16 units. */
const codePoints = (text: string, index: number): number => Array.from(text.slice(0, index)).length;

const refusals = new Set(["ERR_PATTERN_UNSUPPORTED", "ERR_PATTERN_TOO_LARGE", "ERR_PATTERN_UNBOUNDED"]);

function answer({ p, t }: Case): Answer | { readonly refused: string } {
  try {
    const found = compilePattern(p).search(t);
    if (!found) return { spans: null };
    const spans = [[found.start, found.end] as const, ...found.spans.map((span) => span ?? ([-1, -1] as const))];
    return { spans: spans.map(([a, b]) => (a < 0 ? [-1, -1] : [codePoints(t, a), codePoints(t, b)])) };
  } catch (error) {
    if (!isBasaltError(error)) throw error;
    return refusals.has(error.code) ? { refused: error.code } : { error: error.message };
  }
}

test(`${count} generated patterns and texts give what python3's re gives (seed ${seed})`, { timeout: 600_000 }, () => {
  const next = random(seed);
  const cases = Array.from({ length: count }, () => makeCase(next));
  const theirs = askPython(cases);
  const tally = { match: 0, none: 0, error: 0, slow: 0, refused: 0 };
  const wrong: unknown[] = [];
  for (const [i, one] of cases.entries()) {
    const python = theirs[i] ?? {};
    const ours = answer(one);
    if ("refused" in ours) {
      tally.refused++;
      continue;
    }
    if (python.slow) {
      tally.slow++;
      continue;
    }
    if (python.error !== undefined) tally.error++;
    else if (python.spans) tally.match++;
    else tally.none++;
    const same =
      python.error !== undefined
        ? ours.error !== undefined
        : JSON.stringify(ours.spans) === JSON.stringify(python.spans);
    if (!same) wrong.push({ ...one, python, ours });
  }
  console.log(`differential, seed ${seed}:`, tally, "wrong:", wrong.length);
  expect(wrong.slice(0, 10)).toEqual([]);
  // the generator must keep reaching every kind of answer
  expect(tally.match).toBeGreaterThan(count / 5);
  expect(tally.none).toBeGreaterThan(count / 20);
  expect(tally.error).toBeGreaterThan(count / 50);
  expect(tally.refused).toBeLessThan(count / 10);
});

test("every character belongs to the sets it belongs to in python3, with and without IGNORECASE", () => {
  const patterns = [
    "\\w",
    "\\d",
    "\\s",
    "\\W",
    "(?a)\\w",
    "(?i)[a-z]",
    "(?i)[^k]",
    "(?i)ß",
    "(?i)ſ",
    "(?i)İ",
    "(?i)[α-ω]",
    "(?i)[À-ɏ]",
    "(?ai)[A-Zé]",
    "(?i)[µι]",
    "(?i)\u1e9e",
    "(?i)[\\W_]",
    "(?i)𐐀",
  ];
  const program = `import json, re, sys
for p in json.load(sys.stdin):
    test = re.compile(p).match
    found = [c for c in range(0x20000) if not 0xD800 <= c < 0xE000 and test(chr(c))]
    ranges = []
    for c in found:
        if ranges and (ranges[-1][1] == c - 1 or (c == 0xE000 and ranges[-1][1] == 0xD7FF)): ranges[-1][1] = c
        else: ranges.append([c, c])
    print(json.dumps(ranges))`;
  const run = spawnSync("/usr/bin/python3", ["-c", program], { input: JSON.stringify(patterns), encoding: "utf8" });
  expect(run.status, run.stderr).toBe(0);
  const theirs = run.stdout
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text) as [number, number][]);
  patterns.forEach((pattern, i) => {
    const { root } = parsePattern(pattern, noFlags);
    if (root.type !== "set") throw new Error(`${pattern} is no set`);
    const wanted = normalize((theirs[i] ?? []).flat());
    const asked = complement(normalize([0xd800, 0xdfff, 0x20000, 0x10ffff]));
    const only = (set: CharSet): CharSet => complement(union(complement(set), complement(asked)));
    expect(only(root.set), pattern).toEqual(only(wanted));
  });
});
