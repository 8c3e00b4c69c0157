import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.js";

const { signal } = new AbortController();

test("stands still until it is told to move", async () => {
  const clock = new FakeClock({ startMs: 1_000 });
  let woke = false;
  const slept = clock.sleep(50, { signal }).then(() => {
    woke = true;
  });
  await clock.advance(49);
  expect([clock.now(), clock.monotonic(), woke]).toEqual([1_049, 49, false]);
  await clock.advance(1);
  await slept;
  expect(woke).toBe(true);
});

test("fires deadlines in their order, equal ones in the order they were set, and new ones on the way", async () => {
  const clock = new FakeClock();
  const fired: string[] = [];
  const wait = (ms: number, name: string, next?: () => void) =>
    void clock.sleep(ms, { signal }).then(() => {
      fired.push(`${name}@${clock.monotonic()}`);
      next?.();
    });
  wait(30, "c");
  wait(10, "a", () => wait(5, "a2"));
  wait(10, "b");
  await clock.advance(30);
  expect(fired).toEqual(["a@10", "b@10", "a2@15", "c@30"]);
});

test("a deadline aborts as the real one does, and is silent once disposed", async () => {
  const clock = new FakeClock();
  const deadline = clock.deadline(2_000, "the prompt");
  const silent = clock.deadline(1_000, "x");
  silent[Symbol.dispose]();
  expect(clock.pending).toEqual([{ inMs: 2_000, what: "the prompt" }]);
  await clock.advance(2_000);
  expect(deadline.signal.reason).toMatchObject({
    kind: "timeout",
    code: "ERR_TIMEOUT",
    message: "the prompt timed out after 2 seconds",
  });
  expect(silent.signal.aborted).toBe(false);
});

test("a sleep that is aborted leaves no timer", async () => {
  const clock = new FakeClock();
  const cancel = new AbortController();
  const slept = clock.sleep(1, { signal: cancel.signal });
  cancel.abort(new Error("enough"));
  await expect(slept).rejects.toThrow("enough");
  expect(clock.pending).toEqual([]);
});

test("run jumps from timer to timer until the work is done", async () => {
  const clock = new FakeClock();
  const work = async (): Promise<string> => {
    for (let i = 0; i < 10; i++) await clock.sleep(3_600_000, { signal });
    return "done";
  };
  expect(await clock.run(work())).toBe("done");
  expect(clock.monotonic()).toBe(36_000_000);
  await expect(clock.run(Promise.reject(new Error("x")))).rejects.toThrow("x");
});

test("with autoAdvance time passes by itself when nothing else goes on", async () => {
  const clock = new FakeClock({ autoAdvance: true });
  await clock.sleep(86_400_000, { signal });
  using deadline = clock.deadline(5, "x");
  await clock.sleep(4, { signal });
  expect(deadline.signal.aborted).toBe(false);
  expect(clock.monotonic()).toBe(86_400_004);
});
