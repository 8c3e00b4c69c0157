import { FakeClock, runPlan } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import type { Clock } from "../clock.js";
import { toDevice } from "../device/device.js";
import { infrastructureError } from "../errors.js";
import { toJob } from "../job/to-job.js";
import type { Json, JsonObject } from "../json.js";
import type { AnyAction } from "../plan/action.js";
import { buildPipeline } from "../plan/build-pipeline.js";
import { type PlanNode, retry, sequence } from "../plan/plan-node.js";
import { defineStrategy } from "../plan/strategy.js";
import { forever, messages, never, powered, type Run, run, step } from "../testing/run-with-clock.js";

describe("an action that runs out of time", () => {
  test("is blamed on the job, by name and seconds", async () => {
    const ran = await run(sequence("boot", step("wait", forever)), { params: { timeouts: { wait: { seconds: 20 } } } });
    expect(ran.outcome).toMatchObject({
      action: "wait",
      error: { kind: "job", code: "ERR_ACTION_TIMEOUT", message: "wait timed out after 20 seconds" },
    });
    expect(ran.results.find((r) => r.case === "wait")).toMatchObject({ result: "fail", duration: "20.00" });
  });

  test.each([
    ["infrastructure", "Infrastructure"],
    ["test", "Test"],
  ] as const)("is blamed on %s where it says so", async (blameOnTimeout, type) => {
    const ran = await run(step("wait", forever, { blameOnTimeout }));
    expect(ran.outcome).toMatchObject({ error: { kind: blameOnTimeout } });
    expect(ran.results.at(-1)).toMatchObject({ error_type: type });
  });

  test("ends even if it ignores its signal, and the log says that it was left behind", async () => {
    const { log, outcome, clock, ended } = await run(step("stubborn", never));
    expect(outcome).toMatchObject({ error: { message: "stubborn timed out after 30 seconds" } });
    expect(log.map(({ message }) => message)).toContain("stubborn did not stop within 300 ms: it is left behind");
    expect(ended).toContain("power-off pass");
    expect(clock.monotonic()).toBe(30_300);
  });

  test("has an error of its own as the cause, when that is how it stopped", async () => {
    const own = infrastructureError("ERR_X", "the line broke");
    const stops = step(
      "stops",
      ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(own))),
    );
    const { outcome } = await run(stops);
    expect(outcome).toMatchObject({ error: { code: "ERR_ACTION_TIMEOUT", cause: own } });
  });

  test("has no more time than what is around it, and says whose time is up", async () => {
    const plan = sequence(
      "boot",
      step("a", (ctx) => ctx.clock.sleep(50_000, ctx)),
      step("b", forever),
    );
    const ran = await run(plan, { params: { timeout: { minutes: 1 } } });
    expect(ran.outcome).toMatchObject({
      action: "b",
      error: { message: "b timed out after 10 seconds, because boot may take no more than 60 seconds" },
    });
    expect(messages(ran)).toContain("start: 1.2 b (timeout 00:00:10) [common]");
  });

  test("has no more time than the job", async () => {
    const ran = await run(step("b", forever), { job: { timeouts: { job: { seconds: 20 } } } });
    expect(ran.outcome).toMatchObject({
      error: { message: "b timed out after 20 seconds, because the job may take no more than 20 seconds" },
    });
    expect(ran.power.calls).toEqual(["off"]);
  });

  test("does not start when its group's time is up", async () => {
    const clock = new FakeClock();
    let blockedMs = 0;
    const blocked: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic() + blockedMs,
      deadline: (ms, what) => clock.deadline(ms, what),
      sleep: (ms, options) => clock.sleep(ms, options),
    };
    // work that gives no timer its turn
    const busy = step("a", () => {
      blockedMs = 61_000;
    });
    const plan = sequence("boot", busy, step("b"));
    const ran = await clock.run(runPlan(plan, { ...powered, clock: blocked, params: { timeout: { minutes: 1 } } }));
    expect(ran.ended.slice(0, 2)).toEqual(["a pass", "boot fail"]);
    expect(ran.outcome).toMatchObject({ action: "boot", error: { message: "boot timed out after 61 seconds" } });
  });

  test("knows how much is left", async () => {
    const left: number[] = [];
    await run(
      step("a", async (ctx) => {
        left.push(ctx.remainingMs());
        await ctx.clock.sleep(12_000, ctx);
        left.push(ctx.remainingMs());
      }),
    );
    expect(left).toEqual([30_000, 18_000]);
  });

  test("is shown whole in its line, although a real clock ticks on between two readings", async () => {
    const clock = new FakeClock();
    let readings = 0;
    const ticking: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic() + ++readings * 0.3,
      deadline: (ms, what) => clock.deadline(ms, what),
      sleep: (ms, options) => clock.sleep(ms, options),
    };
    const ran = await clock.run(
      runPlan(sequence("boot", step("a")), { ...powered, clock: ticking, params: { timeout: { minutes: 2 } } }),
    );
    const lines = messages(ran).filter((m) => m.startsWith("start: ") && m.includes("timeout"));
    expect(lines.map((m) => m.replace(/ \[.*/, ""))).toEqual([
      "start: 1 boot (timeout 00:02:00)",
      "start: 1.1 a (timeout 00:02:00)",
      "start: 2 finalize (timeout 00:00:30)",
      "start: 2.1 power-off (timeout 00:00:30)",
      "start: 2.2 read-feedback (timeout 00:00:30)",
    ]);
  });

  test("is retried, each attempt with its share", async () => {
    const ran = await run(retry("r", step("a", forever)), { params: { timeout: { minutes: 1 }, failure_retry: 2 } });
    expect(messages(ran).filter((m) => m.includes("attempts"))).toEqual([
      "r failed: 1 of 2 attempts. 'a timed out after 30 seconds'",
      expect.stringMatching(/^r failed: 2 of 2 attempts\. 'a timed out after 29 seconds, because r may take/),
    ]);
  });

  test("stops a wait of the console with the same blame", async () => {
    const waits = step(
      "a",
      (ctx) => {
        using limit = ctx.clock.deadline(5_000, "waiting for '=> '");
        return new Promise((_, reject) => limit.signal.addEventListener("abort", () => reject(limit.signal.reason)));
      },
      { blameOnTimeout: "infrastructure" },
    );
    // the deadline is disposed at once, so this action never ends by itself: its own limit does it
    expect((await run(waits)).outcome).toMatchObject({ error: { kind: "infrastructure", code: "ERR_ACTION_TIMEOUT" } });
    const throws = step("b", async (ctx) => {
      using limit = ctx.clock.deadline(5_000, "waiting for '=> '");
      await ctx.clock.sleep(6_000, { signal: limit.signal });
    });
    expect((await run(throws)).outcome).toMatchObject({
      error: { kind: "job", code: "ERR_TIMEOUT", message: "waiting for '=> ' timed out after 5 seconds" },
    });
  });
});

describe("skip: a test block that may run out of time", () => {
  const shell = (run: Run): AnyAction => step("lava-test-shell", run, { blameOnTimeout: "test" });
  const plan = (first: AnyAction, timeout: JsonObject, more: JsonObject = {}, second: AnyAction = step("second")) => {
    const nodes: PlanNode[] = [retry("lava-test-retry", first), second];
    const strategy = defineStrategy({ section: "test", method: "definitions", schema: {}, plan: () => nodes.shift()! });
    const block = (params: JsonObject): Json => ({ test: { definitions: [], ...params } });
    const job = toJob({ timeouts: { job: { hours: 1 } }, actions: [block({ timeout, ...more }), block({})] });
    return buildPipeline(job, toDevice({}), [strategy]);
  };

  test("the job goes on with the next block and passes; the block's own results fail", async () => {
    const ran = await run(plan(shell(forever), { minutes: 1, skip: true }, { failure_retry: 3 }));
    expect(ran.outcome).toEqual({ result: "pass" });
    expect(ran.results.map((r) => `${r.case} ${r.result}`)).toEqual([
      "validate pass",
      "lava-test-shell fail",
      "lava-test-retry fail",
      "second pass",
      "power-off pass",
      "read-feedback pass",
      "job pass",
    ]);
    expect(ran.log.find(({ level }) => level === "warning")?.message).toMatch(/lava-test-shell timed out.*next block/);
  });
  test("below the root it is raised, so what follows in the same block does not run", async () => {
    const inner = shell(forever);
    const nodes = [sequence("outer", inner, step("after"))];
    const strategy = defineStrategy({ section: "test", method: "definitions", schema: {}, plan: () => nodes.shift()! });
    const job = toJob({
      timeouts: { job: { hours: 1 } },
      actions: [{ test: { definitions: [], timeout: { minutes: 1, skip: true } } }],
    });
    const ran = await run(buildPipeline(job, toDevice({}), [strategy]));
    expect(ran.ended).not.toContain("after pass");
    expect(ran.outcome.result).toBe("pass");
  });
  test("without skip it is a test error, and retried", async () => {
    const ran = await run(plan(shell(forever), { minutes: 1 }, { failure_retry: 2 }));
    expect(ran.outcome).toMatchObject({ action: "lava-test-shell", error: { kind: "test" } });
    expect(ran.ended.filter((e) => e === "lava-test-shell fail")).toHaveLength(2);
    expect(ran.ended).not.toContain("second pass");
  });
  test("saves no block that fails for another reason", async () => {
    const broken = shell(() => {
      throw infrastructureError("ERR_X", "gone");
    });
    expect((await run(plan(broken, { minutes: 1, skip: true }))).outcome).toMatchObject({ error: { code: "ERR_X" } });
  });
  test("saves no action whose timeout is not a test's", async () => {
    const ran = await run(plan(step("x", forever), { minutes: 1, skip: true }));
    expect(ran.outcome).toMatchObject({ error: { kind: "job" } });
  });
});
