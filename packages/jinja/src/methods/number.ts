import { builtins } from "../runtime/builtin.js";
import { Tuple } from "../runtime/collections.js";
import { numeric, truncate } from "../runtime/numbers.js";
import { makeFloat, normalizeInteger, type Value } from "../runtime/values.js";

const big = (value: Value): bigint => BigInt(numeric(value)?.int ?? 0);
const real = (value: Value): number => numeric(value)?.float ?? 0;

function ratio(value: number): Tuple {
  let denominator = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return new Tuple([truncate(scaled), normalizeInteger(denominator)]);
}

/** Methods of ints and bools. */
export const intMethods = builtins([
  [
    "bit_length",
    "/self",
    (_, self: Value) => {
      const value = big(self);
      return value === 0n ? 0 : (value < 0n ? -value : value).toString(2).length;
    },
  ],
  ["bit_count", "/self", (_, self: Value) => big(self).toString(2).replace(/[^1]/g, "").length],
  ["conjugate", "/self", (_, self: Value) => normalizeInteger(big(self))],
  ["as_integer_ratio", "/self", (_, self: Value) => new Tuple([normalizeInteger(big(self)), 1])],
]);

/** Methods of floats. */
export const floatMethods = builtins([
  ["is_integer", "/self", (_, self: Value) => Number.isInteger(real(self))],
  ["conjugate", "/self", (_, self: Value) => makeFloat(real(self))],
  ["as_integer_ratio", "/self", (_, self: Value) => ratio(real(self))],
]);
