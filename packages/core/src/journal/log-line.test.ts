import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLogLine } from "./log-line.js";
import type { LogRecord } from "./log-record.js";

const dt = "2026-08-01T10:00:00.123000+00:00";
const record = (msg: unknown, lvl = "target"): LogRecord => ({ dt, lvl, msg }) as LogRecord;

/** What PyYAML makes of the lines, as JSON text. */
function readByPython(lines: readonly string[], loader: "SafeLoader" | "CSafeLoader"): unknown {
  const program = `import sys, yaml, json
print(json.dumps(yaml.load(sys.stdin.buffer.read().decode("utf-8"), Loader=yaml.${loader})))`;
  const run = spawnSync("/usr/bin/python3", ["-c", program], { input: `${lines.join("\n")}\n`, encoding: "utf8" });
  expect(run.status, run.stderr).toBe(0);
  return JSON.parse(run.stdout);
}

test("a record is one line, as LAVA writes it", () => {
  expect(formatLogLine(record('say "hi"\\'))).toBe(`- {"dt": "${dt}", "lvl": "target", "msg": "say \\"hi\\"\\\\"}`);
  expect(formatLogLine({ dt, lvl: "feedback", msg: "x", ns: "host" } as LogRecord)).toMatch(
    /"msg": "x", "ns": "host"}$/,
  );
  const result = { definition: "lava", case: "job", result: "pass", extra: { n: 1, ok: true, none: null, half: 0.5 } };
  expect(formatLogLine(record(result, "results"))).toContain(
    '"msg": {"definition": "lava", "case": "job", "result": "pass", "extra": {"n": 1, "ok": true, "none": null, "half": 0.5}}',
  );
});

test.each(["SafeLoader", "CSafeLoader"] as const)("PyYAML's %s and JSON read back what went in", (loader) => {
  const every = Array.from({ length: 0x2100 }, (_, c) => String.fromCharCode(c)).join("");
  const odd = [
    "\u0000\u0007\u001b[0m\t",
    "\x7f\x80\x85\x9f",
    "a\u2028b\u2029c",
    "\ufeff\ufffe\uffff",
    "😀 é ß",
    " lead",
    "trail ",
    "- {",
    "#",
    "",
    "a\r\nb",
    "null",
    "1:30",
  ];
  const results = {
    n: -3,
    big: 1e21,
    small: 1.5e-7,
    list: ["a", 1, null],
    nested: { "k: {}": "v", empty: {}, none: [] },
  };
  const messages: unknown[] = [...odd, every, results];
  const random = fc.sample(fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" })), {
    numRuns: 300,
    seed: 7,
  });
  messages.push(...random);
  const lines = messages.map((msg) => formatLogLine(record(msg)));
  for (const [index, line] of lines.entries()) expect(JSON.parse(line.slice(2)).msg).toEqual(messages[index]);
  for (const line of lines) expect(line).not.toMatch(/[\n\r\u0085\u2028\u2029]/);
  expect(readByPython(lines, loader)).toEqual(messages.map((msg) => ({ dt, lvl: "target", msg })));
});
