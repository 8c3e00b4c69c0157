import { typeError } from "../errors.js";
import { textOf } from "./markup.js";
import { codePointLength } from "./text.js";
import { typeName, type Value } from "./values.js";

/** Python's `len(value)`, or undefined for what has none. */
export function numericLength(value: Value): number | undefined {
  if (Array.isArray(value)) return value.length;
  const text = textOf(value);
  if (text !== undefined) return codePointLength(text);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value.length?.() : undefined;
}

/** Python's `len(value)`. @throws JinjaError TypeError */
export function lengthOf(value: Value): number {
  const length = numericLength(value);
  if (length === undefined) throw typeError(`object of type '${typeName(value)}' has no len()`);
  return length;
}
