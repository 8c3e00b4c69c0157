import { typeError } from "../errors.js";
import type { Value } from "./values.js";

/**
 * What stands for a value as the key of a Map: equal values, and only they, have the same key.
 * @throws JinjaError TypeError for lists and dicts
 */
export function hashKey(value: Value): unknown {
  switch (typeof value) {
    case "string":
      // Keys of tuples and ranges begin with a NUL, so a string that does gets one more.
      return value.startsWith("\0") ? `\0${value}` : value;
    case "boolean":
      return value ? 1 : 0;
    case "number":
    case "bigint":
      return value;
    default: {
      if (value === null) return null;
      if (Array.isArray(value)) throw typeError("unhashable type: 'list'");
      if (!value.hashKey) return value;
      const key = value.hashKey();
      if (key === undefined) throw typeError(`unhashable type: '${value.pyType}'`);
      return key;
    }
  }
}
