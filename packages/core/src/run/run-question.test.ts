import { FakeClock, type RanPlan, type RunPlanOptions, runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import { configurationError, infrastructureError, jobError } from "../errors.js";
import { type AnyAction, defineAction, type None } from "../plan/action.js";
import { asking, type PlanNode, retry, sequence, unless } from "../plan/plan-node.js";
import { slot } from "../slot.js";
import type { ActionContext } from "./action-context.js";

const Good = slot<boolean>("test.good");
const step = (name: string, run: (ctx: ActionContext) => Promise<void> | void = () => {}): AnyAction =>
  defineAction<None, None, None>({ name, summary: name, run: async (_input, ctx) => void (await run(ctx)) });
const run = (plan: PlanNode, options: RunPlanOptions = {}): Promise<RanPlan> => {
  const clock = new FakeClock();
  return clock.run(runPlan(plan, { clock, ...options }));
};
const fails = (error: Error) => () => {
  throw error;
};
const doIt = unless(Good, sequence("work", step("w")));

test("a group that passed is an answer, and what depends on it is left out, its cleanup kept to the end", async () => {
  const undone: string[] = [];
  const look = step("look", (ctx) => ctx.cleanup.defer("look", () => void undone.push("look")));
  const last = step("last", () => void undone.push("last"));
  const ran = await run(sequence("b", asking(Good, sequence("check", look)), doIt, last));
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(ran.ended.slice(0, 4)).toEqual(["look pass", "check pass", "work pass", "last pass"]);
  expect(undone).toEqual(["last", "look"]);
  expect(ran.log.map(({ message }) => message)).toContain("work is not needed: it is left out");
});

test("one that failed is an answer too: what it opened is undone before the next step", async () => {
  const undone: string[] = [];
  const look = step("look", (ctx) => {
    ctx.cleanup.defer("look", () => void undone.push("look"));
    throw infrastructureError("ERR_X", "silent");
  });
  const work = unless(
    Good,
    sequence(
      "work",
      step("w", () => void undone.push("w")),
    ),
  );
  const ran = await run(sequence("b", asking(Good, sequence("check", look)), work));
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(undone).toEqual(["look", "w"]);
  expect(ran.log.map(({ message }) => message)).toContain("check: no. silent");
});

test("each attempt asks again", async () => {
  let asked = 0;
  const errors = [jobError("ERR_X", "no"), undefined];
  const look = step("look", () => {
    const error = errors[asked++];
    if (error) throw error;
  });
  const again = unless(Good, sequence("work", step("w", fails(jobError("ERR_Y", "broken")))));
  const ran = await run(retry("b", asking(Good, sequence("check", look)), again), { params: { failure_retry: 2 } });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(asked).toBe(2);
});

test("a wrong dictionary, a canceled job and a block out of time are no answers", async () => {
  const wrong = asking(Good, sequence("check", step("look", fails(configurationError("ERR_X", "wrong")))));
  expect((await run(sequence("b", wrong, doIt))).outcome).toMatchObject({ error: { kind: "configuration" } });
  const stop = new AbortController();
  const canceling = step("look", () => {
    stop.abort();
    throw jobError("ERR_X", "whatever");
  });
  const canceled = await run(sequence("b", asking(Good, sequence("check", canceling)), doIt), { signal: stop.signal });
  expect(canceled.outcome).toMatchObject({ error: { kind: "canceled" } });
  const late = step("look", (ctx) => ctx.clock.sleep(60_000, ctx));
  const slow = await run(sequence("b", asking(Good, sequence("check", late)), doIt), {
    params: { timeout: { seconds: 10 } },
  });
  expect(slow.outcome).toMatchObject({ error: { code: "ERR_ACTION_TIMEOUT" } });
});
