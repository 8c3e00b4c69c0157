import type { PlannedNode } from "@basalt/core";
import { expect, test } from "vitest";
import { JobState } from "./job-state.js";
import { makePaint } from "./paint.js";
import { treeLines } from "./tree-lines.js";

const paint = makePaint({ colour: false, unicode: true });
const planned = (
  level: string,
  children: readonly PlannedNode[] = [],
  more: Partial<PlannedNode> = {},
): PlannedNode => ({
  name: `action-${level}`,
  level,
  section: "deploy",
  namespace: "common",
  kind: "sequence",
  children,
  maxRetries: 1,
  repeats: false,
  retryIntervalMs: 0,
  timeoutMs: 60_000,
  connectionTimeoutMs: 1000,
  skipOnTimeout: false,
  parameters: {},
  ...more,
});
const tree = () =>
  new JobState([
    planned("1", [
      planned("1.1", [planned("1.1.1")], { kind: "retry", maxRetries: 3 }),
      planned("1.2"),
      planned("1.3"),
      planned("1.4"),
    ]),
    planned("2", [planned("2.1")]),
    planned("3"),
  ]);
const start = (state: JobState, level: string, at: number) =>
  state.apply({
    type: "action-started",
    at,
    level,
    name: "",
    section: "deploy",
    namespace: "common",
    timeoutMs: 0,
    attempt: 1,
  });
const end = (state: JobState, level: string, outcome: "pass" | "fail") =>
  state.apply({ type: "action-ended", at: 0, level, name: "", outcome, ms: 2000 });
const lines = (state: JobState, rows = 20, now = 10_000) => treeLines(state, { paint, rows, now, frame: 0 });

test("what waits is closed, what runs is open with time spent and left", () => {
  const state = tree();
  expect(lines(state)).toEqual(["· 1 action-1", "· 2 action-2", "· 3 action-3"]);
  start(state, "1", 0);
  start(state, "1.1", 4000);
  expect(lines(state)).toEqual([
    "⠋ 1 action-1  10 s  50 s left",
    "  ⠋ 1.1 action-1.1  6.0 s  50 s left  try 1 of 3",
    "    · 1.1.1 action-1.1.1",
    "  · 1.2 action-1.2",
    "  · 1.3 action-1.3",
    "  · 1.4 action-1.4",
    "· 2 action-2",
    "· 3 action-3",
  ]);
});

test("a retry counts its runs and forgets what its last run left", () => {
  const state = tree();
  for (const level of ["1", "1.1", "1.1.1"]) start(state, level, 0);
  end(state, "1.1.1", "fail");
  start(state, "1.1.1", 9000);
  expect(lines(state)[1]).toContain("try 2 of 3");
  end(state, "1.1.1", "pass");
  end(state, "1.1", "pass");
  expect(lines(state)[1]).toBe("  ✔ 1.1 action-1.1  2.0 s");
  start(state, "1.1", 0);
  expect(lines(state)[2]).toBe("    · 1.1.1 action-1.1.1");
});

test("downloads show how far they are, with rate", () => {
  const state = tree();
  for (const level of ["1", "1.2"]) start(state, level, 0);
  const progress = { type: "progress", level: "1.2", what: "rootfs.img", total: 30e6, unit: "bytes" } as const;
  state.apply({ ...progress, at: 0, done: 0 });
  state.apply({ ...progress, at: 4000, done: 12e6 });
  expect(lines(state).find((line) => line.includes("1.2"))).toContain("rootfs.img 40%, 12.0 MB of 30.0 MB, 3.0 MB/s");
});

test.each([1, 2, 3, 4, 5, 6, 7])("with room for %i lines, what runs is shown and never more than fits", (rows) => {
  const state = tree();
  for (const level of ["1", "1.1", "1.1.1"]) start(state, level, 0);
  end(state, "1.1.1", "pass");
  end(state, "1.1", "pass");
  start(state, "1.3", 0);
  const shown = lines(state, rows);
  expect(shown.length).toBeLessThanOrEqual(rows);
  expect(shown[0]).toContain("1 action-1");
  if (rows >= 2) expect(shown.some((line) => line.includes("1.3 action-1.3"))).toBe(true);
});
