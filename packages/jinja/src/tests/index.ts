import { isLower, isUpper } from "../methods/string-case.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import { isCallable } from "../runtime/call.js";
import { Dict } from "../runtime/collections.js";
import { compare, contains, type OrderOperator, valuesEqual } from "../runtime/compare.js";
import type { Context } from "../runtime/context.js";
import { isIterable } from "../runtime/iterate.js";
import { numericLength } from "../runtime/length.js";
import { isHtml, Markup, textOf } from "../runtime/markup.js";
import { modulo } from "../runtime/operators.js";
import { str } from "../runtime/printing.js";
import { Undefined } from "../runtime/undefined.js";
import { isFloat, isInteger, PyFloat, type Value } from "../runtime/values.js";

type OneArgument = (context: Context, value: Value) => Value;

const one = (name: string, holds: (value: Value) => boolean): readonly [string, string, OneArgument] => [
  name,
  "value",
  (_, value) => holds(value),
];

const two = (names: readonly string[], holds: (value: Value, other: Value) => boolean) =>
  names.map((name) => [name, "value, other", (_: Context, value: Value, other: Value) => holds(value, other)] as const);

const order = (operator: OrderOperator, holds: (sign: number) => boolean) => (left: Value, right: Value) =>
  holds(compare(left, right, operator));

const isSequence = (value: Value): boolean =>
  !(value instanceof Undefined && value.isStrict) &&
  numericLength(value) !== undefined &&
  (typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    value instanceof Markup ||
    value instanceof Undefined ||
    value.item !== undefined);

function isSame(value: Value, other: Value): boolean {
  if (value instanceof PyFloat || other instanceof PyFloat) return value === other;
  if (typeof value === "object" && value !== null) return value === other;
  return typeof value === typeof other && value === other;
}

/** The tests of Jinja2. */
export const tests: Builtins = builtins([
  one("odd", (value) => valuesEqual(modulo(value, 2), 1)),
  one("even", (value) => valuesEqual(modulo(value, 2), 0)),
  ["divisibleby", "value, num", (_, value: Value, num: Value) => valuesEqual(modulo(value, num), 0)],
  one("defined", (value) => !(value instanceof Undefined)),
  one("undefined", (value) => value instanceof Undefined),
  ["filter", "value", ({ environment }, value: Value) => environment.filters.has(textOf(value) ?? "")],
  ["test", "value", ({ environment }, value: Value) => environment.tests.has(textOf(value) ?? "")],
  one("none", (value) => value === null),
  one("boolean", (value) => typeof value === "boolean"),
  one("false", (value) => value === false),
  one("true", (value) => value === true),
  one("integer", (value) => isInteger(value) && typeof value !== "boolean"),
  one("float", isFloat),
  one("lower", (value) => isLower(str(value))),
  one("upper", (value) => isUpper(str(value))),
  one("string", (value) => textOf(value) !== undefined),
  one("mapping", (value) => value instanceof Dict),
  one("number", (value) => isInteger(value) || isFloat(value)),
  one("sequence", isSequence),
  one("iterable", (value) => {
    // Asking a strict undefined for its items fails, and is not taken for a no.
    if (value instanceof Undefined) value.iterate();
    return isIterable(value);
  }),
  one("callable", isCallable),
  // Jinja2 asks for `__html__`, which a chainable undefined has
  one("escaped", (value) => isHtml(value) || (value instanceof Undefined && value.flavour === "chainable")),
  ...two(["sameas"], isSame),
  ["in", "value, seq", (_, value: Value, seq: Value) => contains(seq, value)],
  ...two(["==", "eq", "equalto"], valuesEqual),
  ...two(["!=", "ne"], (value, other) => !valuesEqual(value, other)),
  ...two(
    [">", "gt", "greaterthan"],
    order(">", (sign) => sign > 0),
  ),
  ...two(
    [">=", "ge"],
    order(">=", (sign) => sign >= 0),
  ),
  ...two(
    ["<", "lt", "lessthan"],
    order("<", (sign) => sign < 0),
  ),
  ...two(
    ["<=", "le"],
    order("<=", (sign) => sign <= 0),
  ),
]);
