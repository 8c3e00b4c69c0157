import type { ResultRecord } from "@basalt/core";
import { expect, test } from "vitest";
import type { TestRun } from "../../slots.js";
import { readSignal } from "./signal.js";
import { TestRecorder } from "./test-recorder.js";

const run = (changes: Partial<TestRun> = {}): TestRun => ({
  testName: "0_smoke",
  uuid: "42_1.1.2.1",
  stage: 0,
  source: "git",
  repository: "http://git.invalid/tests.git",
  path: "smoke.yaml",
  revision: "unspecified",
  commitId: "0123abcd",
  fixup: {},
  expected: [],
  ...changes,
});

function recorder(...runs: readonly TestRun[]) {
  const results: ResultRecord[] = [];
  const log: string[] = [];
  let now = 0;
  const write = (level: string, message: string): void => void log.push(`${level} ${message}`);
  const made = new TestRecorder({
    runs,
    namespace: "common",
    level: "3.1",
    log: {
      write,
      debug: () => {},
      info: (m) => write("info", m),
      warning: (m) => write("warning", m),
      error: (m) => write("error", m),
    },
    report: (result) => results.push(result),
    now: () => (now += 1500),
    logLine: () => log.length,
  });
  const say = (text: string) => {
    const read = readSignal(`<LAVA_SIGNAL_${text}>`);
    return read.state === "whole" ? made.take(read.signal) : undefined;
  };
  return {
    made,
    results,
    log,
    say,
    cases: () => results.map((r) => `${r.definition}/${r.set ? `${r.set}/` : ""}${r.case} ${r.result}`),
  };
}
const start = "STARTRUN 0_smoke 42_1.1.2.1";
const end = "ENDRUN 0_smoke 42_1.1.2.1";

test("a whole run: its cases, then LAVA's result of the definition", () => {
  const { results, say } = recorder(run());
  [
    start,
    "TESTCASE TEST_CASE_ID=a RESULT=PASS MEASUREMENT=1e3 UNITS=ms",
    "TESTSET START s",
    "TESTCASE test_case_id=b result=fail",
    "TESTSET STOP",
    "TESTREFERENCE c skip http://x",
    end,
  ].forEach(say);
  expect(results).toEqual([
    { definition: "0_smoke", case: "a", result: "pass", measurement: "1e3", units: "ms" },
    { definition: "0_smoke", case: "b", result: "fail", set: "s" },
    { definition: "0_smoke", case: "c", result: "skip", reference: "http://x" },
    {
      definition: "lava",
      case: "0_smoke",
      result: "pass",
      uuid: "42_1.1.2.1",
      repository: "http://git.invalid/tests.git",
      path: "smoke.yaml",
      revision: "unspecified",
      namespace: "common",
      duration: "1.50",
      commit_id: "0123abcd",
    },
  ]);
});

test.each([
  ["TESTCASE TEST_CASE_ID=a RESULT=maybe", "'maybe' is not pass, fail, skip or unknown"],
  ["TESTCASE RESULT=pass", "it names no test case"],
  ["TESTCASE TEST_CASE_ID=a", "it has no result"],
  ["TESTCASE TEST_CASE_ID=a RESULT=__proto__", "'__proto__' is not pass"],
  ["TESTCASE my test case passed", "it names no test case"],
  ["TESTREFERENCE a pass", "a signal that says nothing"],
  ["TESTSET BEGIN x", "a signal that says nothing"],
  ["NONSENSE x", "a signal that says nothing: <LAVA_SIGNAL_NONSENSE x>"],
  ["ENDRUN 9_other u", "a signal that says nothing"],
  ["STARTRUN 9_other u", "none of this job's definitions"],
])("'%s' is told in the log, not recorded, not fatal", (text, message) => {
  const { cases, log, say } = recorder(run());
  say(start);
  expect(say(text)).toBeUndefined();
  expect(cases()).toEqual([]);
  expect(log.at(-1)).toContain(message);
  say(end);
  expect(cases()).toEqual(["lava/0_smoke pass"]);
});

test("a result while nothing runs, and a measurement that is no number", () => {
  const { cases, log, results, say } = recorder(run());
  say("TESTCASE TEST_CASE_ID=a RESULT=pass");
  expect([cases(), log.at(-1)]).toEqual([[], "error result a=pass came while no test definition runs: not recorded"]);
  [start, "TESTCASE TEST_CASE_ID=a RESULT=pass MEASUREMENT=fast"].forEach(say);
  expect(results).toEqual([{ definition: "0_smoke", case: "a", result: "pass" }]);
  expect(log.at(-1)).toContain("measurement 'fast' is no number");
});

test("the definition's own words come first, LAVA's beside them", () => {
  const { cases, say } = recorder(run({ fixup: { OK: "pass", PASS: "fail" } }));
  [start, ...["OK", "PASS", "SKIP", "unknown"].map((word, i) => `TESTCASE TEST_CASE_ID=${i} RESULT=${word}`)].forEach(
    say,
  );
  expect(cases()).toEqual(["0_smoke/0 pass", "0_smoke/1 fail", "0_smoke/2 skip", "0_smoke/3 unknown"]);
});

test("a definition's own pattern reports by named groups; measuring without judging passes", () => {
  const { made, results, say } = recorder(run());
  say(start);
  made.takeMatch({ test_case_id: "speed of disk", measurement: "12", units: "MB/s", result: undefined });
  expect(results).toEqual([
    { definition: "0_smoke", case: "speed of disk", result: "pass", measurement: "12", units: "MB/s" },
  ]);
});

test("expected cases: missing ones fail, others too", () => {
  const { cases, say } = recorder(run({ expected: ["a", "b"] }));
  [start, "TESTCASE TEST_CASE_ID=a RESULT=pass", "TESTCASE TEST_CASE_ID=z RESULT=pass", end].forEach(say);
  expect(cases()).toEqual(["0_smoke/a pass", "0_smoke/z fail", "0_smoke/b fail", "lava/0_smoke pass"]);
});

test("a run that the next one cuts off, and one that the end of the test cuts off, fail", () => {
  const { cases, made, results, say } = recorder(
    run(),
    run({ testName: "1_next", expected: ["x"] }),
    run({ testName: "2_never", expected: ["y"] }),
  );
  [start, "STARTRUN 1_next u"].forEach(say);
  made.finish("lava-test-shell timed out after 60 seconds");
  expect(cases()).toEqual(["lava/0_smoke fail", "1_next/x fail", "lava/1_next fail", "2_never/y fail"]);
  expect(results[1]).toMatchObject({ level: "3.1", extra: { reason: "lava-test-shell timed out after 60 seconds" } });
});

test("raise, feedback, event and the runner's end are handed on", () => {
  const { log, say } = recorder(run());
  expect(say("TESTRAISE no network")).toMatchObject({
    effect: "raise",
    error: { kind: "test", message: "no network" },
  });
  expect(say("TESTFEEDBACK target")).toEqual({ effect: "feedback", namespace: "target" });
  expect(say("TESTRUNNER EXIT")).toEqual({ effect: "runner", state: "EXIT" });
  say("TESTEVENT half way");
  expect(log).toEqual(["event half way"]);
});

test("the lines of the log between the marks of a case are kept with its result", () => {
  const { made, results, say } = recorder(run());
  say(start);
  say("STARTTC a");
  say("TESTEVENT one line");
  ["ENDTC a", "TESTCASE TEST_CASE_ID=a RESULT=pass", "TESTCASE TEST_CASE_ID=b RESULT=pass"].forEach(say);
  expect(results).toEqual([
    { definition: "0_smoke", case: "a", result: "pass", starttc: 0, endtc: 1 },
    { definition: "0_smoke", case: "b", result: "pass" },
  ]);
  expect(made.current?.testName).toBe("0_smoke");
});
