import { indexError, typeError, valueError } from "../errors.js";
import { chargeItems, tick } from "../limits.js";
import { builtins } from "../runtime/builtin.js";
import type { Range, Tuple } from "../runtime/collections.js";
import { valuesEqual } from "../runtime/compare.js";
import { toList, truthy } from "../runtime/iterate.js";
import { repr } from "../runtime/printing.js";
import { asIndex, normalizeIndex } from "../runtime/slices.js";
import { sortValues } from "../runtime/sort.js";
import { isInteger, type Value } from "../runtime/values.js";

function countOf(items: readonly Value[], wanted: Value): number {
  tick(items.length);
  return items.filter((item) => valuesEqual(item, wanted)).length;
}

function indexOf(
  items: readonly Value[],
  wanted: Value,
  bounds: readonly [Value | undefined, Value | undefined],
): number {
  tick(items.length);
  const at = (bound: Value | undefined, absent: number): number => {
    if (bound === undefined) return absent;
    const index = asIndex(bound);
    return index < 0 ? Math.max(0, index + items.length) : index;
  };
  const end = Math.min(at(bounds[1], items.length), items.length);
  for (let i = at(bounds[0], 0); i < end; i++) if (valuesEqual(items[i] as Value, wanted)) return i;
  return -1;
}

/** Methods of lists. */
export const listMethods = builtins([
  [
    "append",
    "/self, item",
    (_, self: Value[], item: Value) => {
      chargeItems(1);
      self.push(item);
      return null;
    },
  ],
  [
    "clear",
    "/self",
    (_, self: Value[]) => {
      self.length = 0;
      return null;
    },
  ],
  ["copy", "/self", (_, self: Value[]) => toList(self)],
  ["count", "/self, item", (_, self: Value[], item: Value) => countOf(self, item)],
  [
    "extend",
    "/self, items",
    (_, self: Value[], items: Value) => {
      for (const item of toList(items)) self.push(item);
      return null;
    },
  ],
  [
    "index",
    "/self, item, start=, stop=",
    (_, self: Value[], item: Value, start?: Value, stop?: Value) => {
      const at = indexOf(self, item, [start, stop]);
      if (at < 0) throw valueError(`${repr(item)} is not in list`);
      return at;
    },
  ],
  [
    "insert",
    "/self, index, item",
    (_, self: Value[], index: Value, item: Value) => {
      chargeItems(1);
      self.splice(asIndex(index), 0, item);
      return null;
    },
  ],
  [
    "pop",
    "/self, index=",
    (_, self: Value[], index: Value = -1) => {
      if (self.length === 0) throw indexError("pop from empty list");
      const at = normalizeIndex(asIndex(index), self.length);
      if (at === undefined) throw indexError("pop index out of range");
      return self.splice(at, 1)[0] as Value;
    },
  ],
  [
    "remove",
    "/self, item",
    (_, self: Value[], item: Value) => {
      const at = indexOf(self, item, [undefined, undefined]);
      if (at < 0) throw valueError("list.remove(x): x not in list");
      self.splice(at, 1);
      return null;
    },
  ],
  [
    "reverse",
    "/self",
    (_, self: Value[]) => {
      tick(self.length);
      self.reverse();
      return null;
    },
  ],
  [
    "sort",
    "self, key=, reverse=",
    (_, self: Value[], key: Value = null, reverse: Value = false) => {
      if (key !== null) throw typeError("list.sort() with a key function is not available in templates");
      const sorted = sortValues(self, undefined, truthy(reverse));
      self.splice(0, self.length, ...sorted);
      return null;
    },
  ],
]);

/** Methods of tuples. */
export const tupleMethods = builtins([
  ["count", "/self, item", (_, self: Tuple, item: Value) => countOf(self.items, item)],
  [
    "index",
    "/self, item, start=, stop=",
    (_, self: Tuple, item: Value, start?: Value, stop?: Value) => {
      const at = indexOf(self.items, item, [start, stop]);
      if (at < 0) throw valueError("tuple.index(x): x not in tuple");
      return at;
    },
  ],
]);

/** Methods of ranges. */
export const rangeMethods = builtins([
  ["count", "/self, item", (_, self: Range, item: Value) => countOf(toList(self), item)],
  [
    "index",
    "/self, item",
    (_, self: Range, item: Value) => {
      const at = isInteger(item) ? indexOf(toList(self), item, [undefined, undefined]) : -1;
      if (at < 0) throw valueError(`${repr(item)} is not in range`);
      return at;
    },
  ],
]);
