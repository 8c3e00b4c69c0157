import { type Session, SessionSlot } from "@basalt/actions-common";
import { Console, type JsonObject } from "@basalt/core";
import { planOf, planText, runPlan, virtualSerial } from "@basalt/testing";
import { expect, test } from "vitest";
import { monitors } from "./index.js";
import { toCase } from "./monitor.js";
import { runMonitors } from "./run-monitors.js";

const params: JsonObject = {
  monitors: [
    {
      name: "Kernel Tests",
      start: "Running tests",
      end: "PROJECT EXECUTION (SUCCESSFUL|FAILED)",
      pattern:
        "(?P<result>(PASS|FAIL)) - (?P<test_case_id>[^\\r]+?)\\.( took (?P<measurement>\\d+) (?P<units>\\w+))?\\r",
      expected: ["boot", "sem_take"],
    },
  ],
};

async function run(text: string, { hangUp = false } = {}) {
  const { host, dut, unplug } = virtualSerial();
  await using console = new Console(host);
  await using board = new Console(dut);
  const session: Session = { console, prompts: [], lineSeparator: "\n" };
  const block = { connectionNamespace: "common" } as never;
  const ran = runPlan(runMonitors({ params, block }), { section: "test", params, slots: [[SessionSlot, session]] });
  await board.send(text);
  if (hangUp) unplug();
  return await ran;
}

test("matches between start and end become results; names are tidied, measurements kept", async () => {
  const { outcome, results } = await run(
    "noise PASS - early.\r\nRunning tests\r\nPASS - Boot.\r\nFAIL - sem take.\r\nPASS - sem_take. took 12 ms\r\nPROJECT EXECUTION SUCCESSFUL\r\n",
  );
  expect(outcome).toEqual({ result: "pass" });
  const cases = results.filter(({ definition }) => definition === "kernel_tests");
  expect(cases.map((result) => `${result.case} ${result.result}`)).toEqual([
    "boot pass",
    "sem_take fail",
    "sem_take pass",
  ]);
  expect(cases[2]).toMatchObject({ measurement: "12", units: "ms" });
  expect(results).toContainEqual(expect.objectContaining({ definition: "lava", case: "kernel_tests", result: "pass" }));
});

test("an expected case that does not come fails, one that is not expected too", async () => {
  const { results } = await run("Running tests\r\nPASS - boot.\r\nPASS - extra.\r\nPROJECT EXECUTION SUCCESSFUL\r\n");
  expect(
    results
      .filter(({ definition }) => definition === "kernel_tests")
      .map((result) => `${result.case} ${result.result}`),
  ).toEqual(["boot pass", "extra fail", "sem_take fail"]);
  expect(results).toContainEqual(expect.objectContaining({ definition: "lava", case: "kernel_tests", result: "fail" }));
});

test("a console that closes is the lab's fault", async () => {
  const { outcome } = await run("Running tests\r\n", { hangUp: true });
  expect(outcome).toMatchObject({ error: { kind: "infrastructure", code: "ERR_CONNECTION_CLOSED" } });
});

test.each([
  [{ test_case_id: "a b-C" }, {}, { wrong: expect.stringContaining("neither") }],
  [{ test_case_id: "a b-C", measurement: "5" }, {}, { name: "a_b_c", result: "pass", measurement: "5" }],
  [{ test_case_id: "x", result: "OK" }, {}, { wrong: expect.stringContaining("'OK'") }],
  [{ test_case_id: "x", result: "OK" }, { OK: "pass" }, { name: "x", result: "pass" }],
  [{ result: "pass" }, {}, { wrong: expect.stringContaining("test_case_id") }],
])("%j with fixup %j", (groups, fixup, expected) => {
  expect(toCase(groups as never, fixup as never)).toEqual(expected);
});

test("the plan: a retry around the monitor; no overlay is asked for", () => {
  const plan = planOf({
    job: {
      job_name: "x",
      timeouts: { job: { minutes: 5 } },
      actions: [{ test: { ...params, failure_retry: 2, timeout: { minutes: 4 } } }],
    },
    device: { hostname: "a" },
    strategies: [monitors],
  });
  expect(planText(plan).split("\n").slice(0, 2)).toEqual([
    "1 lava-test-monitor-retry 4m x2",
    "  1.1 lava-test-monitor 2m",
  ]);
});

test("a pattern that can't be read is refused before anything runs", async () => {
  const broken = { monitors: [{ name: "x", start: "[", end: "e", pattern: "p" }] };
  const action = runMonitors({ params: broken, block: { connectionNamespace: "common" } as never });
  const ran = await runPlan(action, { section: "test", params: broken });
  expect(ran.outcome).toMatchObject({ result: "fail", error: { kind: "job", code: "ERR_JOB_INVALID" } });
  expect(ran.ended).not.toContainEqual(expect.stringContaining("lava-test-monitor"));
});
