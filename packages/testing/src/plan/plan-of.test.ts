import { defineAction, defineStrategy, describePipeline, retry, sequence, slot } from "@basalt/core";
import { describe, expect, test } from "vitest";
import { FakeClock } from "../fakes/fake-clock.js";
import { firstDifference, goldenPlan, planOf, planText } from "./plan-of.js";
import { runPlan } from "./run-plan.js";

const step = (name: string, url?: string) =>
  defineAction({ name, summary: "", ...(url === undefined ? {} : { url }), run: async () => {} });
const strategies = [
  defineStrategy({
    section: "boot",
    method: "m",
    schema: {},
    plan: () => retry("boot-retry", step("http-download", "http://x/k"), sequence("inner", step("b"))),
  }),
];
const request = {
  job: {
    timeouts: { job: { hours: 2 } },
    actions: [{ boot: { method: "m", failure_retry: 2, timeout: { seconds: 3_725 } } }],
  },
  device: { hostname: "d" },
  strategies,
};
const golden = `
  1 boot-retry 1h2m5s x2
    1.1 http-download 31m2s http://x/k
    1.2 inner 31m2s
      1.2.1 b 1h2m5s
  2 finalize 30s
    2.1 power-off 30s
    2.2 read-feedback 30s
`;

test("a plan as text, one node a line", () => {
  expect(
    planText(planOf(request))
      .split("\n")
      .map((line) => line.trim())
      .join("\n"),
  ).toBe(
    `${golden
      .trim()
      .split("\n")
      .map((line) => line.trim())
      .join("\n")}\n`,
  );
});

test("job and device may be YAML", () => {
  const job =
    "timeouts: {job: {hours: 2}}\nactions:\n- boot: {method: m, failure_retry: 2, timeout: {seconds: 3725}}\n";
  goldenPlan({ job, device: "hostname: d\n", strategies }, golden);
});

describe("goldenPlan", () => {
  test("takes text and rows", () => {
    expect(goldenPlan(request, golden).blocks).toHaveLength(1);
    goldenPlan(request, describePipeline(planOf(request)));
  });
  test.each([
    [
      "another timeout",
      golden.replace("1.2 inner 31m2s", "1.2 inner 31m"),
      /line 3:\n- 1.2 inner 31m\n\+ 1.2 inner 31m2s/,
    ],
    [
      "a line too few",
      golden.replace("    2.2 read-feedback 30s\n", ""),
      /line 7:\n- \(nothing\)\n\+ 2.2 read-feedback 30s/,
    ],
    ["a line too many", `${golden}3 more 1s\n`, /line 8:\n- 3 more 1s\n\+ \(nothing\)/],
  ])("says where it differs: %s", (_what, text, message) => {
    expect(() => goldenPlan(request, text)).toThrow(message);
  });
});

test("firstDifference names node and key", () => {
  const rows = describePipeline(planOf(request));
  const [boot, finalize] = rows;
  expect(firstDifference(rows, rows)).toBeUndefined();
  expect(firstDifference([boot!], rows)).toBe("2 finalize is missing");
  expect(firstDifference(rows, [boot!])).toBe("2 finalize is too many");
  expect(firstDifference([{ ...boot!, max_retries: 1 }, finalize!], rows)).toBe(
    "1 boot-retry: max_retries is 1, expected 2",
  );
  const { pipeline: _none, ...bare } = boot!;
  expect(firstDifference([bare, finalize!], rows)).toBe("1 boot-retry: has no pipeline, expected one");
});

test("runPlan gives what actions wrote, by slot", async () => {
  const answer = slot<number>("answer");
  const write = defineAction({ name: "write", summary: "", writes: { answer }, run: async () => ({ answer: 42 }) });
  const clock = new FakeClock();
  const ran = await clock.run(runPlan(write, { clock, params: { namespace: "dut" } }));
  expect(ran.slot(answer)).toBe(42);
  expect(ran.slot(answer, "common")).toBeUndefined();
  expect(ran.ended).toEqual(["write pass", "power-off pass", "read-feedback pass", "finalize pass"]);
});
