import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rejectOnAbort, systemClock } from "./clock.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] }));
afterEach(() => void vi.useRealTimers());

const dayMs = 86_400_000;

test("a deadline says what timed out, and how long it was", () => {
  using deadline = systemClock.deadline(2_000, "waiting for the prompt");
  vi.advanceTimersByTime(1_999);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(deadline.signal.reason).toMatchObject({
    kind: "timeout",
    code: "ERR_TIMEOUT",
    message: "waiting for the prompt timed out after 2 seconds",
    details: { what: "waiting for the prompt", ms: 2_000 },
  });
});

test("a deadline that was disposed does not fire, and holds nothing", () => {
  const deadline = systemClock.deadline(1, "x");
  deadline[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(5);
  expect(deadline.signal.aborted).toBe(false);
});

test("a time beyond what setTimeout takes fires when it is up, not at once", () => {
  using deadline = systemClock.deadline(40 * dayMs, "a long job");
  vi.advanceTimersByTime(39 * dayMs);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(dayMs);
  expect(deadline.signal.aborted).toBe(true);
});

test("a sleep ends when its time is up, or with the signal's reason", async () => {
  const cancel = new AbortController();
  const [short, long] = [50, 60_000].map((ms) => systemClock.sleep(ms, { signal: cancel.signal }));
  vi.advanceTimersByTime(50);
  await expect(short).resolves.toBeUndefined();
  cancel.abort(new Error("enough"));
  await expect(long).rejects.toThrow("enough");
  expect(vi.getTimerCount()).toBe(0);
  await expect(systemClock.sleep(1, { signal: cancel.signal })).rejects.toThrow("enough");
});

test("rejectOnAbort rejects with the reason, also of a signal that had aborted before", async () => {
  await expect(rejectOnAbort(AbortSignal.abort(new Error("gone"))).promise).rejects.toThrow("gone");
  const cancel = new AbortController();
  const { promise, off } = rejectOnAbort(cancel.signal);
  off();
  cancel.abort();
  await expect(Promise.race([promise, Promise.resolve("still waiting")])).resolves.toBe("still waiting");
});

test.each([
  ["forward", dayMs],
  ["back", -dayMs],
])("a wall clock that is set %s moves no deadline and no sleep", async (_where, ms) => {
  using deadline = systemClock.deadline(2_000, "waiting for the prompt");
  let slept = false;
  const sleep = systemClock.sleep(2_000, { signal: new AbortController().signal }).then(() => {
    slept = true;
  });
  vi.advanceTimersByTime(1_000);
  vi.setSystemTime(Date.now() + ms);
  vi.advanceTimersByTime(999);
  await Promise.resolve();
  expect([deadline.signal.aborted, slept]).toEqual([false, false]);
  vi.advanceTimersByTime(1);
  await sleep;
  expect([deadline.signal.aborted, slept]).toEqual([true, true]);
});
