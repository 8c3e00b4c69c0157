import { FakeClock, FakePower, pipelineOf, type RanPlan, type RunPlanOptions, runPlan } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import { configurationError, infrastructureError, jobError, testError } from "../errors.js";
import type { JsonObject } from "../json.js";
import { type AnyAction, defineAction, type None } from "../plan/action.js";
import { type PlanNode, retry, sequence, withTail } from "../plan/plan-node.js";
import { unmetReads } from "../plan/unmet-reads.js";
import { PowerToken } from "../services/power.js";
import { slot } from "../slot.js";
import type { ActionContext } from "./action-context.js";

type Run = (ctx: ActionContext) => Promise<void> | void;
const step = (name: string, run: Run = () => {}, more: Partial<Pick<AnyAction, "validate">> = {}): AnyAction =>
  defineAction<None, None, None>({ name, summary: name, ...more, run: async (_input, ctx) => void (await run(ctx)) });

/** Fails with the errors in turn, then succeeds; remembers how often it ran. */
function flaky(name: string, ...errors: Error[]): AnyAction & { readonly runs: () => number } {
  let runs = 0;
  const action = step(name, () => {
    const error = errors[runs++];
    if (error) throw error;
  });
  return { ...action, runs: () => runs };
}
const never = (): Promise<never> => new Promise(() => {});

const run = (plan: PlanNode, options: RunPlanOptions = {}): Promise<RanPlan> => {
  const clock = new FakeClock();
  return clock.run(runPlan(plan, { clock, ...options }));
};
const messages = ({ log }: RanPlan): string[] => log.map(({ message }) => message);
const lavaResults = ({ results }: RanPlan): string[] => results.map((r) => `${r.case} ${r.result}`);

describe("a job that goes well", () => {
  test("runs its actions in order, then finalize, and says so in LAVA's words", async () => {
    const ran = await run(sequence("boot", step("a"), retry("r", step("b"))), { params: { timeout: { minutes: 5 } } });
    expect(ran.outcome).toEqual({ result: "pass" });
    expect(ran.log).toEqual([
      { level: "info", message: "start: 0 validate" },
      { level: "info", message: "end: 0 validate (duration 00:00:00)" },
      { level: "info", message: "start: 1 boot (timeout 00:05:00) [common]" },
      { level: "debug", message: "start: 1.1 a (timeout 00:05:00) [common]" },
      { level: "debug", message: "end: 1.1 a (duration 00:00:00) [common]" },
      { level: "debug", message: "start: 1.2 r (timeout 00:05:00) [common]" },
      { level: "debug", message: "start: 1.2.1 b (timeout 00:05:00) [common]" },
      { level: "debug", message: "end: 1.2.1 b (duration 00:00:00) [common]" },
      { level: "debug", message: "end: 1.2 r (duration 00:00:00) [common]" },
      { level: "info", message: "end: 1 boot (duration 00:00:00) [common]" },
      { level: "info", message: "start: 2 finalize (timeout 00:00:30) [common]" },
      { level: "debug", message: "start: 2.1 power-off (timeout 00:00:30) [common]" },
      { level: "debug", message: "end: 2.1 power-off (duration 00:00:00) [common]" },
      { level: "debug", message: "start: 2.2 read-feedback (timeout 00:00:30) [common]" },
      { level: "debug", message: "end: 2.2 read-feedback (duration 00:00:00) [common]" },
      { level: "info", message: "end: 2 finalize (duration 00:00:00) [common]" },
    ]);
  });

  test("reports lava.validate, lava.<action> with level and duration, and lava.job last", async () => {
    const slow = step("slow", (ctx) => ctx.clock.sleep(1_234, ctx));
    const { results } = await run(sequence("boot", slow));
    expect(results[0]).toEqual({ definition: "lava", case: "validate", result: "pass", level: "0", duration: "0.00" });
    expect(results[1]).toEqual({
      definition: "lava",
      case: "slow",
      result: "pass",
      namespace: "common",
      level: "1.1",
      duration: "1.23",
    });
    expect(results.at(-1)).toEqual({ definition: "lava", case: "job", result: "pass" });
  });

  test("a group's tail runs after its children, in the group's name; unmet reads know it", async () => {
    const order: string[] = [];
    const note = (name: string) => step(name, () => void order.push(name));
    const plan = sequence("boot", withTail(note("tail"), sequence(note("flash"), note("a"), note("b"))));
    const ran = await run(plan);
    expect(order).toEqual(["flash", "a", "b", "tail"]);
    expect(ran.ended).not.toContain("tail pass");
    expect(lavaResults(ran).filter((line) => line.startsWith("flash"))).toEqual(["flash pass"]);
    const broken = step("broken", () => {
      throw jobError("ERR_X", "it broke");
    });
    expect((await run(sequence("boot", withTail(broken, sequence("flash", note("c")))))).ended).toContain("flash fail");
    const wants = defineAction({ name: "wants", summary: "", reads: { of: slot<string>("x") }, run: async () => {} });
    expect(unmetReads(pipelineOf(withTail(wants, sequence("flash", note("d")))))).toMatchObject([{ slot: "x" }]);
  });

  test("an action's extra is in its result", async () => {
    const { results } = await run(
      sequence(
        "boot",
        step("a", (ctx) => ctx.addExtra("size", 3)),
      ),
    );
    expect(results.find((r) => r.case === "a")).toMatchObject({ extra: { size: 3 } });
  });
});

describe("a failure", () => {
  test("ends the job with the error, its cause and the action where it began", async () => {
    const cause = new Error("EHOSTUNREACH");
    const broken = step("connect", () => {
      throw infrastructureError("ERR_CONNECTION_REFUSED", "no answer", { cause });
    });
    const ran = await run(sequence("boot", sequence("inner", broken), step("later")));
    expect(ran.outcome).toMatchObject({ result: "fail", action: "connect", error: { kind: "infrastructure", cause } });
    expect(lavaResults(ran)).toEqual([
      "validate pass",
      "connect fail",
      "inner fail",
      "boot fail",
      "power-off pass",
      "read-feedback pass",
      "job fail",
    ]);
    expect(ran.results.at(-1)).toMatchObject({ error_msg: "no answer", error_type: "Infrastructure" });
    expect(messages(ran)).toContain("Infrastructure error: no answer");
  });

  test.each([
    ["job", jobError("ERR_X", "x"), "Job"],
    ["test", testError("ERR_X", "x"), "Test"],
    ["configuration", configurationError("ERR_X", "x"), "Configuration"],
  ])("of kind %s is reported as such", async (kind, error, type) => {
    const ran = await run(flaky("a", error));
    expect(ran.outcome).toMatchObject({ error: { kind } });
    expect(ran.results.at(-1)).toMatchObject({ case: "job", result: "fail", error_type: type });
  });

  test("that nobody expected is a bug of ours, with its stack in the log", async () => {
    const ran = await run(flaky("a", new TypeError("x is not a function")));
    expect(ran.outcome).toMatchObject({ error: { kind: "bug", code: "ERR_UNEXPECTED" }, action: "a" });
    expect(ran.log.find(({ level }) => level === "exception")?.message).toMatch(/x is not a function[\s\S]*at /);
    expect(ran.results.at(-1)).toMatchObject({ error_type: "Bug" });
  });

  test("of finalize fails a job that went well, and is told beside another failure", async () => {
    const power = new FakePower({ before: () => infrastructureError("ERR_POWER_REFUSED", "outlet 3 is stuck") });
    const options = { services: [[PowerToken, power]] as const, device: { power: { driver: "x" } } };
    expect((await run(step("a"), options)).outcome).toMatchObject({
      error: { code: "ERR_POWER_REFUSED" },
      action: "power-off",
    });
    const both = await run(flaky("a", jobError("ERR_X", "first")), options);
    expect(both.outcome).toMatchObject({ error: { code: "ERR_X" }, action: "a" });
    expect(messages(both).join("\n")).toContain("outlet 3 is stuck");
  });
});

describe("a retry", () => {
  const failing = (n: number, error = infrastructureError("ERR_X", "no luck")): Error[] => Array(n).fill(error);
  const params = (more: JsonObject): RunPlanOptions => ({ params: { timeout: { minutes: 10 }, ...more } });

  test.each([
    ["infrastructure", infrastructureError("ERR_X", "x"), 3],
    ["job", jobError("ERR_X", "x"), 3],
    ["test", testError("ERR_X", "x"), 3],
    ["configuration", configurationError("ERR_X", "x"), 1],
    ["bug", new Error("x"), 1],
  ])("tries again after an error of kind %s", async (_kind, error, runs) => {
    const action = flaky("a", error, error, error, error);
    await run(retry("r", action), params({ failure_retry: 3 }));
    expect(action.runs()).toBe(runs);
  });

  test("stops at the first success, and logs each failure", async () => {
    const action = flaky("a", ...failing(2));
    const ran = await run(retry("r", action), params({ failure_retry: 4 }));
    expect(ran.outcome.result).toBe("pass");
    expect(action.runs()).toBe(3);
    expect(messages(ran).filter((m) => m.includes("attempts") || m.startsWith("Retrying"))).toEqual([
      "r failed: 1 of 4 attempts. 'no luck'",
      "Retrying: 1 r (timeout 00:09:59)",
      "r failed: 2 of 4 attempts. 'no luck'",
      "Retrying: 1 r (timeout 00:09:58)",
    ]);
    expect(ran.ended.slice(0, 4)).toEqual(["a fail", "a fail", "a pass", "r pass"]);
    expect(ran.results.filter((r) => r.case === "r")).toMatchObject([{ result: "pass" }]);
  });

  test("waits failure_retry_interval between attempts", async () => {
    const ran = await run(
      retry("r", flaky("a", ...failing(1))),
      params({ failure_retry: 2, failure_retry_interval: 7 }),
    );
    expect(ran.results.find((r) => r.case === "r")?.duration).toBe("7.00");
  });

  test("that fails to the last says how often, and fails with the last error", async () => {
    const errors = ["one", "two"].map((text) => jobError("ERR_X", text));
    const ran = await run(retry("r", flaky("a", ...errors)), params({ failure_retry: 2 }));
    expect(ran.outcome).toMatchObject({ error: { message: "two" }, action: "a" });
    expect(messages(ran)).toContain("2 retries failed for r");
  });

  test("inside a retry multiplies", async () => {
    const action = flaky("a", ...failing(9));
    await run(retry("r", retry("s", action)), params({ failure_retry: 2 }));
    expect(action.runs()).toBe(4);
  });

  test("does not start an attempt that has no time left", async () => {
    const slow = step("a", async (ctx) => {
      await ctx.clock.sleep(29_500, ctx);
      throw jobError("ERR_X", "slow failure");
    });
    const ran = await run(retry("r", slow), {
      params: { timeout: { seconds: 30 }, failure_retry: 2, timeouts: { a: { seconds: 30 } } },
    });
    expect(ran.ended.filter((e) => e.startsWith("a "))).toEqual(["a fail"]);
    expect(ran.outcome).toMatchObject({
      error: { kind: "job", code: "ERR_X", message: expect.stringContaining("no time left") },
      action: "a",
    });
  });

  test.each(["failure_retry", "repeat"])(
    "makes no attempt where the error says why none can go better (%s)",
    async (key) => {
      const action = flaky("a", jobError("ERR_X", "the board is gone", { noRetry: "it needs a new one" }));
      const ran = await run(retry("r", action), params({ [key]: 3 }));
      expect(action.runs()).toBe(1);
      expect(ran.outcome).toMatchObject({
        error: { kind: "job", code: "ERR_X", message: "the board is gone (not tried again: it needs a new one)" },
        action: "a",
      });
      expect(messages(ran)).toContain("r failed: 1 of 3 attempts. 'the board is gone'");
    },
  );

  test("undoes what a failed attempt opened before the next one, and keeps what a good one opened", async () => {
    const happened: string[] = [];
    let attempt = 0;
    const opens = step("open", (ctx) => {
      const n = ++attempt;
      happened.push(`open ${n}`);
      ctx.cleanup.defer("it", () => void happened.push(`close ${n}`));
    });
    const check = step("check", () => {
      if (attempt < 2) throw jobError("ERR_X", "not yet");
    });
    await run(
      sequence(
        "boot",
        retry("r", opens, check),
        step("later", () => void happened.push("later")),
      ),
      params({ failure_retry: 3 }),
    );
    expect(happened).toEqual(["open 1", "close 1", "open 2", "later", "close 2"]);
  });

  test("numbers its attempts in the journal", async () => {
    const { events } = await run(retry("r", flaky("a", ...failing(2))), params({ failure_retry: 3 }));
    const started = events.flatMap((e) => (e.type === "action-started" && e.name === "a" ? [e.attempt] : []));
    expect(started).toEqual([1, 2, 3]);
  });

  test("with repeat runs them all, and fails with the last failure", async () => {
    const good = flaky("a");
    expect((await run(retry("r", good), params({ repeat: 3 }))).outcome.result).toBe("pass");
    expect(good.runs()).toBe(3);
    const errors = [jobError("ERR_X", "first"), jobError("ERR_X", "second")];
    const bad = flaky("a", ...errors);
    const ran = await run(retry("r", bad), params({ repeat: 4 }));
    expect(bad.runs()).toBe(4);
    expect(ran.outcome).toMatchObject({ error: { message: "second" } });
  });
});

describe("validation", () => {
  const check = (name: string, error?: Error): AnyAction =>
    step(name, () => {}, {
      validate: async () => {
        if (error) throw error;
      },
    });

  test("collects the errors of the job's author, and switches nothing on or off", async () => {
    const power = new FakePower();
    const plan = sequence(
      "boot",
      check("a", jobError("ERR_X", "404")),
      check("b"),
      sequence("c", check("d", jobError("ERR_Y", "no such file"))),
    );
    const ran = await run(plan, { services: [[PowerToken, power]], device: { power: { driver: "x" } } });
    expect(ran.outcome).toMatchObject({
      error: {
        kind: "job",
        code: "ERR_JOB_INVALID",
        message: "Invalid job data: 1.1 a: 404; 1.3.1 d: no such file",
        details: { problems: ["1.1 a: 404", "1.3.1 d: no such file"] },
      },
    });
    expect(lavaResults(ran)).toEqual(["validate fail", "job fail"]);
    expect(power.calls).toEqual([]);
  });

  test("ends at the first error of any other kind", async () => {
    const plan = sequence(
      "boot",
      check("a", jobError("ERR_X", "404")),
      check("b", configurationError("ERR_Z", "no qemu")),
    );
    expect((await run(plan)).outcome).toMatchObject({ error: { code: "ERR_Z" } });
  });

  test("has the job's time, even where an action ignores its signal", async () => {
    const hangs = step("a", () => {}, { validate: never });
    const ran = await run(hangs, { job: { timeouts: { job: { minutes: 1 } } } });
    expect(ran.outcome).toMatchObject({
      error: {
        kind: "job",
        code: "ERR_ACTION_TIMEOUT",
        message: expect.stringMatching(/^validate timed out after 60 seconds/),
      },
    });
  });
});

test("runPlan and buildPipeline agree on the tree", () => {
  expect(pipelineOf(sequence("boot", step("a"))).blocks[0]).toMatchObject({ name: "boot", level: "1" });
});
