import { keyError, typeError, valueError } from "../errors.js";
import { builtins } from "../runtime/builtin.js";
import { Dict, DictView, Tuple } from "../runtime/collections.js";
import { toList } from "../runtime/iterate.js";
import { repr } from "../runtime/printing.js";
import { Undefined } from "../runtime/undefined.js";
import { type Kwargs, typeName, type Value } from "../runtime/values.js";

/** Python's `dict.update(source, **kwargs)`. */
export function updateDict(dict: Dict, source: Value | undefined, kwargs: Kwargs): void {
  if (source instanceof Dict) {
    for (const [key, value] of source.pairs()) dict.set(key, value);
  } else if (source instanceof Undefined) {
    source.fail();
  } else if (source !== undefined) {
    toList(source).forEach((pair, i) => {
      if (typeof pair !== "string" && (typeof pair !== "object" || pair === null)) {
        throw typeError(`cannot convert dictionary update sequence element #${i} to a sequence`);
      }
      const items = toList(pair);
      if (items.length !== 2) {
        throw valueError(`dictionary update sequence element #${i} has length ${items.length}; 2 is required`);
      }
      dict.set(items[0] as Value, items[1] as Value);
    });
  }
  for (const [key, value] of kwargs) dict.set(key, value);
}

// Not `??`: None is a value.
const or = (value: Value | undefined, fallback: Value | undefined): Value | undefined =>
  value === undefined ? fallback : value;

/** Methods of dicts. */
export const dictMethods = builtins([
  [
    "clear",
    "/self",
    (_, self: Dict) => {
      self.clear();
      return null;
    },
  ],
  ["copy", "/self", (_, self: Dict) => self.copy()],
  [
    "fromkeys",
    "/self, keys, value=",
    (_, __: Dict, keys: Value, value: Value = null) => Dict.of(toList(keys).map((key) => [key, value])),
  ],
  [
    "get",
    "/self, key, default=",
    (_, self: Dict, key: Value, fallback: Value = null) => or(self.get(key), fallback) as Value,
  ],
  ["items", "/self", (_, self: Dict) => new DictView(self, "items")],
  ["keys", "/self", (_, self: Dict) => new DictView(self, "keys")],
  ["values", "/self", (_, self: Dict) => new DictView(self, "values")],
  [
    "pop",
    "/self, key, default=",
    (_, self: Dict, key: Value, fallback?: Value) => {
      const value = or(self.delete(key), fallback);
      if (value === undefined) throw keyError(repr(key));
      return value;
    },
  ],
  [
    "popitem",
    "/self",
    (_, self: Dict) => {
      const key = self.lastKey();
      return new Tuple([key, self.delete(key) as Value]);
    },
  ],
  [
    "setdefault",
    "/self, key, default=",
    (_, self: Dict, key: Value, fallback: Value = null) => {
      const value = self.get(key);
      if (value !== undefined) return value;
      self.set(key, fallback);
      return fallback;
    },
  ],
  [
    "update",
    "/self, source=, **",
    (_, self: Dict, source: Value | undefined, kwargs: Kwargs) => {
      updateDict(self, source, kwargs);
      return null;
    },
  ],
]);

/** The mapping behind a value. @throws JinjaError TypeError */
export function asDict(value: Value, what: string): Dict {
  if (value instanceof Dict) return value;
  throw typeError(`${what} needs a dict, not ${typeName(value)}`);
}
