import type { ResultRecord } from "@basalt/core";
import { expect, test } from "vitest";
import { makePaint } from "./paint.js";
import { PlainView } from "./plain-view.js";
import { Results } from "./results.js";

const paint = makePaint({ colour: false, unicode: true });
const collected = (...records: ResultRecord[]): Results => {
  const results = new Results();
  for (const result of records) results.apply({ type: "result", at: 0, result });
  return results;
};

test("results of tests are counted and shown, those of actions are not", async () => {
  const results = collected(
    { definition: "lava", case: "reset-device", result: "pass", level: "1.1" },
    { definition: "0_smoke", case: "boots", result: "pass", set: "first" },
    { definition: "0_smoke", case: "speed", result: "skip", measurement: 12.5, units: "MB/s" },
    { definition: "lava", case: "0_smoke", result: "pass" },
  );
  expect(results.failed).toBe(false);
  expect(results.summary).toBe("1 passed, 1 skipped");
  expect(await results.table(paint)).toEqual([
    "suite    case           result  measurement",
    "0_smoke  first / boots  pass",
    "0_smoke  speed          skip    12.5 MB/s",
  ]);
});

test("a failed test counts, and a run of tests that was cut short; a failed attempt of an action does not", () => {
  expect(collected({ definition: "0_smoke", case: "boots", result: "fail" }).failed).toBe(true);
  expect(collected({ definition: "lava", case: "http-download", result: "fail", level: "1.1.1" }).failed).toBe(false);
  const cut = collected({ definition: "lava", case: "0_smoke", result: "fail" });
  expect([cut.failed, cut.summary]).toEqual([true, "1 test run not finished"]);
  expect(collected().summary).toBe("no tests");
});

test("plain lines: time, level, text; several lines of a message are several lines", () => {
  const out: string[] = [];
  const view = new PlainView({ stream: { write: (text: string) => void out.push(text) }, paint });
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  view.append({ type: "log", at, level: "info", message: "start: 1 boot (timeout 00:01:00) [common]" });
  view.append({ type: "log", at, level: "target", message: "\u001b[1mLinux version 6.1\r" });
  view.append({ type: "log", at, level: "exception", message: "a\nb", namespace: "ns" });
  view.append({
    type: "result",
    at,
    result: { definition: "0_a", case: "b", result: "fail", measurement: 3, units: "s" },
  });
  for (const [done, seconds] of [
    [0, 0],
    [1, 1],
    [11, 2],
    [15, 3],
    [16, 14],
    [100, 15],
    [100, 15],
  ] as const)
    view.append({
      type: "progress",
      at: at + seconds * 1000,
      level: "1",
      what: "image",
      done,
      total: 100,
      unit: "steps",
    });
  expect(out.join("").split("\n")).toEqual([
    "03:04:05 info      start: 1 boot (timeout 00:01:00) [common]",
    "03:04:05 target    Linux version 6.1",
    "03:04:05 exception [ns] a",
    "03:04:05 exception [ns] b",
    "03:04:05 results   0_a.b fail 3 s",
    "03:04:05 info      image: 0%, 0 of 100",
    "03:04:07 info      image: 11%, 11 of 100",
    "03:04:19 info      image: 16%, 16 of 100",
    "03:04:20 info      image: 100%, 100 of 100",
    "",
  ]);
});
