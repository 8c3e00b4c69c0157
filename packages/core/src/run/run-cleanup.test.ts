import { FakeClock, FakePower, runPlan } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import { infrastructureError } from "../errors.js";
import type { AnyAction } from "../plan/action.js";
import { retry, sequence } from "../plan/plan-node.js";
import { PowerToken } from "../services/power.js";
import { forever, messages, never, powered, run, step } from "../testing/run-with-clock.js";

describe("cleanup", () => {
  const opens = (name: string, undo: () => Promise<void> | void): AnyAction =>
    step(name, (ctx) => ctx.cleanup.defer(name, undo));

  test("runs in reverse order, once, whatever fails, with or without a failure", async () => {
    for (const last of [step("ok"), step("bad", () => Promise.reject(infrastructureError("ERR_X", "x")))]) {
      const undone: string[] = [];
      const plan = sequence(
        "boot",
        opens("a", () => void undone.push("a")),
        opens("b", () => {
          undone.push("b");
          throw new Error("b is stuck");
        }),
        opens("c", () => void undone.push("c")),
        last,
      );
      const ran = await run(plan);
      expect(undone).toEqual(["c", "b", "a"]);
      expect(messages(ran).join("\n")).toContain("cleanup: b failed: unexpected error: b is stuck");
      expect(ran.power.calls).toEqual(["off"]);
    }
  });

  test("leaves behind what hangs, and the board still ends off within finalize's timeout", async () => {
    const undone: string[] = [];
    const plan = sequence(
      "boot",
      opens("first", () => void undone.push("first")),
      opens("hung", never),
      step("bad", () => Promise.reject(infrastructureError("ERR_X", "x"))),
    );
    const job = { timeouts: { job: { hours: 1 }, actions: { finalize: { seconds: 8 } } } };
    const ran = await run(plan, { job });
    expect(undone).toEqual(["first"]);
    expect(ran.power.calls).toEqual(["off"]);
    expect(messages(ran).join("\n")).toMatch(/cleanup: hung failed: hung took longer than \d+ ms/);
    expect(ran.clock.monotonic()).toBeLessThanOrEqual(8_500);
  });

  test("a power-off that hangs is ended by finalize's timeout, and what is left is undone", async () => {
    const undone: string[] = [];
    const hung = new FakePower({ before: never });
    const plan = sequence(
      "boot",
      opens("console", () => void undone.push("console")),
      step("bad", () => Promise.reject(infrastructureError("ERR_X", "x"))),
    );
    const clock = new FakeClock();
    const ran = await clock.run(runPlan(plan, { ...powered, clock, services: [[PowerToken, hung]] }));
    expect(undone).toEqual(["console"]);
    expect(ran.outcome).toMatchObject({ error: { code: "ERR_X" } });
    expect(messages(ran).join("\n")).toMatch(/finalize failed too: power-off timed out/);
    expect(clock.monotonic()).toBeLessThanOrEqual(31_000);
  });

  test("the job's own time being up does not shorten it", async () => {
    const undone: string[] = [];
    const slow = sequence(
      "boot",
      step("open", (ctx) =>
        ctx.cleanup.defer("console", async () => {
          await ctx.clock.sleep(3_000, { signal: new AbortController().signal });
          undone.push("console");
        }),
      ),
      step("wait", forever),
    );
    const ran = await run(slow, { job: { timeouts: { job: { seconds: 5 } } } });
    expect(undone).toEqual(["console"]);
    expect(ran.power.calls).toEqual(["off"]);
  });

  test.each([100, 1_000, 100_000])("what an action left behind opens %d ms too late is closed too", async (lateMs) => {
    const undone: string[] = [];
    const late = step("late", async (ctx) => {
      await ctx.clock.sleep(30_000 + lateMs, { signal: new AbortController().signal });
      ctx.cleanup.defer("late console", () => void undone.push("late console"));
    });
    for (const plan of [late, retry("r", late)]) {
      const { clock } = await run(plan, { params: { timeouts: { r: { minutes: 5 } } } });
      await clock.runAll();
      expect(undone.splice(0)).toEqual(["late console"]);
    }
  });
});
