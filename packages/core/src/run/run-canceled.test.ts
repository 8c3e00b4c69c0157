import { describe, expect, test } from "vitest";
import { canceledError, infrastructureError } from "../errors.js";
import { retry, sequence } from "../plan/plan-node.js";
import { forever, never, run, start, step } from "../testing/run-with-clock.js";

describe("a job that is canceled", () => {
  test.each([
    ["an action that stops", forever],
    ["an action that ignores its signal", never],
  ])("in %s: cleanup starts within a second, and the board ends off", async (_what, wait) => {
    const happened: string[] = [];
    const opens = step("open", (ctx) =>
      ctx.cleanup.defer("console", () => void happened.push(`closed at ${clock.monotonic()}`)),
    );
    const { clock, power, done, cancel } = start(sequence("boot", opens, step("wait", wait), step("later")));
    await clock.advance(5_000);
    cancel();
    await clock.advance(900);
    const ran = await clock.run(done);
    expect(happened).toHaveLength(1);
    expect(Number(happened[0]!.replace(/\D+/, ""))).toBeLessThan(6_000);
    expect(ran.outcome).toMatchObject({ error: { kind: "canceled", message: "The job was canceled" } });
    expect(ran.results.at(-1)).toMatchObject({ case: "job", result: "fail", error_type: "Canceled" });
    expect(power.calls).toEqual(["off"]);
    expect(ran.ended).not.toContain("later pass");
  });

  test("between two attempts: no further attempt", async () => {
    const fails = step("a", () => {
      throw infrastructureError("ERR_X", "x");
    });
    const { clock, power, done, cancel, seen } = start(retry("r", fails), {
      params: { timeout: { minutes: 9 }, failure_retry: 5, failure_retry_interval: 60 },
    });
    await clock.advance(30_000);
    cancel();
    const ran = await clock.run(done);
    expect(seen.filter((name) => name === "a")).toHaveLength(1);
    expect(ran.outcome).toMatchObject({ error: { kind: "canceled" } });
    expect(clock.monotonic()).toBeLessThan(31_000);
    expect(power.calls).toEqual(["off"]);
  });

  test("while a failed attempt is being undone by something that hangs", async () => {
    const fails = step("a", (ctx) => {
      ctx.cleanup.defer("hung thing", never);
      throw infrastructureError("ERR_X", "x");
    });
    const { clock, power, done, cancel } = start(retry("r", fails), {
      params: { timeout: { minutes: 9 }, failure_retry: 5 },
    });
    await clock.advance(10_000);
    cancel();
    await clock.advance(1_000);
    expect(power.calls).toEqual(["off"]);
    expect((await clock.run(done)).outcome).toMatchObject({ error: { kind: "canceled" } });
  });

  test("before it began: nothing runs, nothing is switched", async () => {
    const ran = await run(step("a"), { signal: AbortSignal.abort(canceledError("ERR_CANCELED", "no")) });
    expect(ran.ended).toEqual([]);
    expect(ran.power.calls).toEqual([]);
    expect(ran.outcome).toMatchObject({ error: { kind: "canceled" } });
  });

  test("without saying why is canceled all the same, not a bug", async () => {
    const ran = await run(step("a"), { signal: AbortSignal.abort() });
    expect(ran.outcome).toMatchObject({ error: { kind: "canceled", code: "ERR_CANCELED" } });
  });

  test("is not retried", async () => {
    const { clock, done, cancel, seen } = start(retry("r", step("a", forever)), {
      params: { timeout: { minutes: 9 }, failure_retry: 5 },
    });
    await clock.advance(1_000);
    cancel();
    await clock.run(done);
    expect(seen.filter((name) => name === "a")).toHaveLength(1);
  });
});
