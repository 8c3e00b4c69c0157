import { typeError } from "../errors.js";
import { Dict, Tuple } from "./collections.js";
import { Markup } from "./markup.js";
import { normalizeInteger, PyFloat, type Value } from "./values.js";

/**
 * A JavaScript value as a template sees it: copied, so that a template cannot change the caller's data, and only data.
 * Plain objects and Maps become dicts, arrays lists; numbers beyond the safe integers are floats.
 * @throws JinjaError TypeError for functions, symbols and class instances
 */
export function fromJs(value: unknown, what = "the context", seen = new Map<object, Value>()): Value {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "number":
      return Object.is(value, -0) ? new PyFloat(-0) : value;
    case "bigint":
      return normalizeInteger(value);
    case "undefined":
      return null;
    case "object":
      return value === null ? null : fromObject(value, what, seen);
    default:
      throw typeError(`${what} holds a ${typeof value}; only data can be given to a template`);
  }
}

function fromObject(value: object, what: string, seen: Map<object, Value>): Value {
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (value instanceof PyFloat || value instanceof Tuple || value instanceof Markup || value instanceof Dict)
    return value;
  if (Array.isArray(value)) {
    const list: Value[] = [];
    seen.set(value, list);
    for (const item of value) list.push(fromJs(item, what, seen));
    return list;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isMap = value instanceof Map;
  if (!isMap && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw typeError(`${what} holds an instance of ${value.constructor.name}; only data can be given to a template`);
  }
  const dict = new Dict();
  seen.set(value, dict);
  const entries: Iterable<[unknown, unknown]> = isMap ? value : Object.entries(value);
  for (const [key, item] of entries) dict.set(fromJs(key, what, seen), fromJs(item, what, seen));
  return dict;
}
