import type { Builtins } from "../runtime/builtin.js";
import { Dict, Range, Tuple } from "../runtime/collections.js";
import { Markup } from "../runtime/markup.js";
import { isInteger, PyFloat, type Value } from "../runtime/values.js";
import { dictMethods } from "./dict.js";
import { listMethods, rangeMethods, tupleMethods } from "./list.js";
import { markupMethods } from "./markup.js";
import { floatMethods, intMethods } from "./number.js";
import { stringMethods } from "./string.js";

/** The methods a value's type has, by name; undefined when it has none. */
export function methodsOf(value: Value): Builtins | undefined {
  if (typeof value === "string") return stringMethods;
  if (Array.isArray(value)) return listMethods;
  if (isInteger(value)) return intMethods;
  if (typeof value === "number" || value instanceof PyFloat) return floatMethods;
  if (value instanceof Dict) return dictMethods;
  if (value instanceof Tuple) return tupleMethods;
  if (value instanceof Markup) return markupMethods;
  if (value instanceof Range) return rangeMethods;
  return undefined;
}
