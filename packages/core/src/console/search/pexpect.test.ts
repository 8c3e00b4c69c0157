import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { random } from "../regex/fixtures/generate.js";
import { compilePattern } from "../regex/pattern.js";
import { makePatternSet } from "./pattern-set.js";
import { Scanner } from "./scanner.js";

// pexpect itself, one character at a time, with LAVA's window in small
const program = `import json, os, sys
import pexpect.fdpexpect
for line in sys.stdin:
    case = json.loads(line)
    read, write = os.pipe()
    os.write(write, case["text"].encode())
    os.close(write)
    child = pexpect.fdpexpect.fdspawn(read, maxread=1, searchwindowsize=8184, encoding="utf-8", codec_errors="replace", timeout=10)
    patterns = child.compile_pattern_list(case["patterns"]) + [pexpect.EOF]
    found = []
    while True:
        index = child.expect_list(patterns)
        if index == len(patterns) - 1: break
        found.append([index, child.before, child.after, child.match.groups()])
    os.close(read)
    print(json.dumps(found))`;

const installed = spawnSync("/usr/bin/python3", ["-c", "import pexpect.fdpexpect"]).status === 0;
const lists = [
  ["root@(.*):/#", "login:", "=> ", "/ # "],
  ["(?P<word>[a-z]+) (ok|fail)x", "Oops(?: -|:)", "panic.*\\r"],
  ["<LAVA_SIGNAL_(\\S+) ([^>]+)>", "\\$ ", "(?i)LOGIN:"],
];
const parts = [
  "root@",
  "host",
  ":/#",
  " ",
  "login:",
  "Login:",
  "=> ",
  "/ # ",
  "ok",
  "failx",
  "Oops",
  ":",
  " -",
  "panic",
  "\r\n",
  "<LAVA_SIGNAL_",
  "TESTCASE a=b",
  ">",
  "$",
  "é😀",
];

test.skipIf(!installed)("matches, groups and the text before are pexpect's own", { timeout: 600_000 }, () => {
  const next = random(11);
  const cases = Array.from({ length: process.env.BASALT_SOAK === "1" ? 1000 : 150 }, (_, i) => ({
    patterns: lists[i % lists.length]!,
    text: Array.from({ length: 1 + Math.floor(next() * 60) }, () => parts[Math.floor(next() * parts.length)]).join(""),
  }));
  const run = spawnSync("/usr/bin/python3", ["-c", program], {
    input: cases.map((c) => JSON.stringify(c)).join("\n"),
    encoding: "utf8",
  });
  expect(run.status, run.stderr).toBe(0);
  const answers = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown[]);
  for (const [i, { patterns, text }] of cases.entries()) {
    const set = makePatternSet(patterns.map((source) => compilePattern(source)));
    const found: unknown[] = [];
    for (let at = 0; ; ) {
      const hit = new Scanner(set, { length: 8184, step: 4092 }).feed(text, at);
      if (!hit) break;
      const groups = hit.match.groups.map((group) => group ?? null);
      found.push([hit.index, text.slice(at, at + hit.start), hit.match.text, groups]);
      at += hit.end;
    }
    expect(found, JSON.stringify({ patterns, text })).toEqual(answers[i]);
  }
  expect(answers.flat().length).toBeGreaterThan(200);
});
