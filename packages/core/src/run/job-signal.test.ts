import { getEventListeners } from "node:events";
import { FakeClock, runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import { canceledError, jobError } from "../errors.js";
import { defineAction } from "../plan/action.js";
import { sequence } from "../plan/plan-node.js";

const stop = new AbortController();
const { signal } = stop;

const action = (work: () => void) => defineAction({ name: "a", summary: "a", run: async () => work() });

/** Runs a job with the signal that a worker gives to all its jobs; gives how many listened to it while the job ran. */
async function listening(work: () => void = () => {}): Promise<number> {
  let during = 0;
  const clock = new FakeClock();
  const plan = sequence(
    "boot",
    action(() => {
      during = getEventListeners(signal, "abort").length;
      work();
    }),
  );
  await clock.run(runPlan(plan, { clock, signal }));
  return during;
}

test("a job listens to its signal while it runs, and no longer: a worker runs many with one", async () => {
  expect(await listening()).toBeGreaterThan(0);
  await listening(() => {
    throw jobError("ERR_X", "failed");
  });
  expect(getEventListeners(signal, "abort")).toEqual([]);
  await listening(() => stop.abort(canceledError("ERR_CANCELED", "enough")));
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
