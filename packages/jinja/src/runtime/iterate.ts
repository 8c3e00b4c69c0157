import { typeError } from "../errors.js";
import { chargeItems, tick } from "../limits.js";
import { Markup } from "./markup.js";
import { codePoints } from "./text.js";
import { typeName, type Value } from "./values.js";

/** Python's `iter(value)`. @throws JinjaError TypeError */
export function iterate(value: Value): Iterator<Value> {
  if (Array.isArray(value)) return value[Symbol.iterator]();
  if (typeof value === "string") return codePoints(value)[Symbol.iterator]();
  if (value instanceof Markup) return codePoints(value.text)[Symbol.iterator]();
  if (typeof value === "object" && value?.iterate) return value.iterate();
  throw typeError(`'${typeName(value)}' object is not iterable`);
}

/** Whether {@link iterate} would work. */
export const isIterable = (value: Value): boolean =>
  typeof value === "string" ||
  (typeof value === "object" &&
    value !== null &&
    (Array.isArray(value) || value instanceof Markup || value.iterate !== undefined));

/** Python's `list(value)`: a new array. */
export function toList(value: Value): Value[] {
  if (Array.isArray(value)) {
    chargeItems(value.length);
    return value.slice();
  }
  const out: Value[] = [];
  const items = iterate(value);
  for (let next = items.next(); !next.done; next = items.next()) {
    tick();
    chargeItems(1);
    out.push(next.value);
  }
  return out;
}

/** Python's `bool(value)`. */
export function truthy(value: Value): boolean {
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      return value !== "";
    case "number":
      // NaN is true to Python.
      return value !== 0;
    case "bigint":
      return value !== 0n;
    default:
      if (value === null) return false;
      if (Array.isArray(value)) return value.length > 0;
      return value.truthy ? value.truthy() : true;
  }
}
