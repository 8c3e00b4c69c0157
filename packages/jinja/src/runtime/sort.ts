import { tick } from "../limits.js";
import { compare } from "./compare.js";
import type { Value } from "./values.js";

/** Python's `sorted(items, key=key, reverse=reverse)`: stable, also in reverse. @throws JinjaError TypeError */
export function sortValues(
  items: readonly Value[],
  key: ((item: Value) => Value) | undefined,
  reverse: boolean,
): Value[] {
  const decorated = items.map((item) => ({ item, key: key ? key(item) : item }));
  const sign = reverse ? -1 : 1;
  decorated.sort((left, right) => {
    tick();
    // Python only ever asks "is a less than b".
    if (compare(left.key, right.key) < 0) return -sign;
    return compare(right.key, left.key) < 0 ? sign : 0;
  });
  return decorated.map((entry) => entry.item);
}
