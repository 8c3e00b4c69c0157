import { expect, test } from "vitest";
import { buildTimeline, stepEvents, stepResults } from "./timeline.js";

const zero = Date.parse("2026-11-22T09:00:00Z");
const at = (seconds: number): string => new Date(zero + seconds * 1_000).toISOString();
const said = (seconds: number, msg: string, lvl = "debug"): string =>
  `- ${JSON.stringify({ dt: at(seconds), lvl, msg })
    .replaceAll('":', '": ')
    .replaceAll(',"', ', "')}`;
const ended = (seconds: number, level: string, more: { result?: string; took?: number; name?: string } = {}) => ({
  name: more.name ?? "step",
  result: more.result ?? "pass",
  measurement: String(more.took ?? 1),
  metadata: JSON.stringify({ case: "step", level }),
  logged: new Date(zero + seconds * 1_000),
});
const facts = { plan: [], events: [], results: [], beganAt: zero, until: zero + 60_000, finished: true };

test("reads the lines of spec 8.1, with their numbers", () => {
  const lines = [
    said(1, "start: 1 deployimages (timeout 00:02:00) [common]", "info"),
    said(2, "start: 1.1 lava-overlay (timeout 1 day, 01:00:00)"),
    said(3, "a console says start: 1.2 nothing (timeout 00:00:01)", "target"),
    said(4, "end: 1.1 lava-overlay (duration 00:00:02) [common]"),
    said(5, "start: 9 of a board (timeout 00:00:01)", "target"),
    "not yaml: [",
  ];
  expect(stepEvents(lines, 101)).toEqual([
    { kind: "start", level: "1", name: "deployimages", at: zero + 1_000, line: 101, timeoutMs: 120_000 },
    { kind: "start", level: "1.1", name: "lava-overlay", at: zero + 2_000, line: 102, timeoutMs: 90_000_000 },
    { kind: "end", level: "1.1", name: "lava-overlay", at: zero + 4_000, line: 104 },
  ]);
});

test("lines, results and plan come together", () => {
  const events = stepEvents(
    [
      said(0, "start: 1 deploy (timeout 00:01:00)", "info"),
      said(1, "start: 1.1 download (timeout 00:00:30)"),
      said(3, "end: 1.1 download (duration 00:00:02)"),
      said(4, "end: 1 deploy (duration 00:00:04)", "info"),
      said(4, "start: 2 boot (timeout 00:02:00)", "info"),
    ],
    1,
  );
  const plan = [
    { name: "deploy", level: "1", timeout: 60, pipeline: [{ name: "download", level: "1.1", timeout: 30 }] },
    { name: "boot", level: "2", timeout: 120 },
    { name: "finalize", level: "10", timeout: 5 },
  ];
  const results = stepResults([ended(3, "1.1"), ended(4, "1")]);
  const steps = buildTimeline({ ...facts, plan, events, results, finished: false, until: zero + 10_000 });
  expect(steps.map(({ level, name, state }) => [level, name, state])).toEqual([
    ["1", "deploy", "passed"],
    ["1.1", "download", "passed"],
    ["2", "boot", "running"],
    ["10", "finalize", "planned"],
  ]);
  expect(steps[1]).toMatchObject({ runs: [{ fromMs: 1_000, toMs: 3_000, failed: false }], timeoutMs: 30_000, line: 2 });
  expect(steps[2]?.runs).toEqual([{ fromMs: 4_000, toMs: 10_000, failed: false }]);
});

test("an action that was tried twice has a bar for each time; the one that failed is marked", () => {
  const events = stepEvents(
    [
      said(0, "start: 1 boot (timeout 00:01:00)"),
      said(10, "end: 1 boot (duration 00:00:10)"),
      said(20, "start: 1 boot (timeout 00:01:00)"),
      said(35, "end: 1 boot (duration 00:00:15)"),
    ],
    1,
  );
  const results = stepResults([ended(10, "1", { result: "fail" }), ended(35, "1")]);
  expect(buildTimeline({ ...facts, events, results })).toMatchObject([
    {
      state: "passed",
      line: 1,
      runs: [
        { fromMs: 0, toMs: 10_000, failed: true },
        { fromMs: 20_000, toMs: 35_000, failed: false },
      ],
    },
  ]);
});

test("results stand in for lines that were not looked at, and what holds them ran, too", () => {
  const plan = [
    {
      name: "test",
      level: "3",
      timeout: 600,
      pipeline: [
        { name: "shell", level: "3.1", timeout: 600 },
        { name: "part", level: "3.2" },
      ],
    },
  ];
  const results = stepResults([ended(20, "3.1", { took: 15, name: "shell" })]);
  const steps = buildTimeline({ ...facts, plan, results, finished: false, until: zero + 30_000 });
  expect(steps[0]).toMatchObject({ state: "running", runs: [{ fromMs: 5_000, toMs: 30_000 }] });
  expect(steps[1]).toMatchObject({ state: "passed", runs: [{ fromMs: 5_000, toMs: 20_000 }] });
});

test("what never began in a job that ended did not run; what never ended in it failed", () => {
  const events = stepEvents([said(0, "start: 1 boot (timeout 00:01:00)")], 1);
  const plan = [{ name: "test", level: "2", timeout: 5 }];
  expect(buildTimeline({ ...facts, plan, events }).map(({ state }) => state)).toEqual(["failed", "skipped"]);
});

test("validation is shown only where it failed", () => {
  const of = (result: string) => buildTimeline({ ...facts, results: stepResults([ended(1, "0", { result })]) });
  expect(of("pass")).toEqual([]);
  expect(of("fail")).toHaveLength(1);
});
