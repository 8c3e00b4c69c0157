import { expect, expectTypeOf, test } from "vitest";
import { optional, type Slot, slot } from "../slot.js";
import { token } from "../token.js";
import { type Action, defineAction, type None, type Output } from "./action.js";

interface Kernel {
  readonly path: string;
}
const kernel = slot<Kernel>("kernel");
const size = slot<number>("size");
const clockToken = token<{ tick(): number }>("Ticker");

test("an action is frozen and declares nothing it was not given", () => {
  const action = defineAction({ name: "x", summary: "", run: async () => {} });
  expect(action).toMatchObject({ kind: "action", reads: {}, needs: {}, writes: {} });
  expect(Object.isFrozen(action)).toBe(true);
  expectTypeOf(action).toEqualTypeOf<Action<None, None, None>>();
});

test("types: run gets what was declared and must give what was declared", () => {
  const action = defineAction({
    name: "x",
    summary: "",
    reads: { kernel, size: optional(size) },
    needs: { clock: clockToken },
    writes: { size },
    async run(input) {
      expectTypeOf(input.kernel).toEqualTypeOf<Kernel>();
      expectTypeOf(input.size).toEqualTypeOf<number | undefined>();
      expectTypeOf(input.clock.tick()).toEqualTypeOf<number>();
      return { size: input.kernel.path.length };
    },
  });
  expectTypeOf<Output<typeof action.writes>>().toEqualTypeOf<{ readonly size: number }>();

  // @ts-expect-error a value of the wrong type
  defineAction({ name: "x", summary: "", writes: { size }, run: async () => ({ size: "3" }) });
  // @ts-expect-error a missing value
  defineAction({ name: "x", summary: "", writes: { size }, run: async () => ({}) });
  // @ts-expect-error nothing returned where something was declared
  defineAction({ name: "x", summary: "", writes: { size }, run: async () => {} });
  // @ts-expect-error an undeclared input
  defineAction({ name: "x", summary: "", reads: { kernel }, run: async ({ size: _ }) => {} });
  const reads = { size: optional(size) };
  // @ts-expect-error a slot that may be empty, used as if it never were
  defineAction({ name: "x", summary: "", reads, run: async ({ size: n }) => void n.toFixed() });
  // @ts-expect-error slots of different types don't stand for each other
  const wrong: Slot<number> = kernel;
  expect(wrong.id).toBe("kernel");
});

test("tokens of the same name are the same service, across copies of core", () => {
  expect(token("Ticker").key).toBe(clockToken.key);
  expect(token("Other").key).not.toBe(clockToken.key);
});
