import { expect, test, vi } from "vitest";
import { CleanupStack } from "./cleanup.js";

const recorder = () => {
  const undone: string[] = [];
  return { undone, note: (what: string) => () => void undone.push(what) };
};

test("unwinds in reverse, once, and collects failures", async () => {
  const { undone, note } = recorder();
  const stack = new CleanupStack();
  stack.defer("power off", note("power off"));
  stack.defer("x", () => {
    throw new Error("x");
  });
  stack.use({ [Symbol.asyncDispose]: async () => note("close console")() }, "console");
  await expect(stack[Symbol.asyncDispose]()).rejects.toThrow(AggregateError);
  expect(undone).toEqual(["close console", "power off"]);
  await stack[Symbol.asyncDispose]();
  expect(undone).toHaveLength(2);
});

test("tells each failure by the name of its entry", async () => {
  const stack = new CleanupStack();
  const failure = new Error("stuck");
  stack.defer("outlet", () => Promise.reject(failure));
  const onError = vi.fn();
  await stack.unwind(onError);
  expect(onError.mock.calls).toEqual([["outlet", failure]]);
});

test("what an entry defers while the stack unwinds is undone too", async () => {
  const { undone, note } = recorder();
  const stack = new CleanupStack();
  stack.defer("a", note("a"));
  stack.defer("b", () => stack.defer("c", note("c")));
  await stack[Symbol.asyncDispose]();
  expect(undone).toEqual(["c", "a"]);
});

test("entries that were handed on are undone by the other stack, and so are later ones", async () => {
  const { undone, note } = recorder();
  const [inner, outer] = [new CleanupStack(), new CleanupStack()];
  outer.defer("0", note("0"));
  inner.defer("1", note("1"));
  inner.defer("2", note("2"));
  inner.moveTo(outer);
  await inner[Symbol.asyncDispose]();
  expect(undone).toEqual([]);
  inner.defer("3", note("3"));
  await outer[Symbol.asyncDispose]();
  expect(undone).toEqual(["3", "2", "1", "0"]);
});

test("a sealed stack undoes at once, and tells what fails", async () => {
  const { undone, note } = recorder();
  const onError = vi.fn();
  const stack = new CleanupStack();
  stack.seal(onError);
  stack.defer("late", note("late"));
  expect(undone).toEqual(["late"]);
  stack.defer("bad", () => Promise.reject(new Error("x")));
  await vi.waitFor(() => expect(onError).toHaveBeenCalledWith("bad", expect.any(Error)));
});
