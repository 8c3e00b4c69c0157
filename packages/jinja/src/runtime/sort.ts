import { tick } from "../limits.js";
import { compare } from "./compare.js";
import type { Value } from "./values.js";

interface Entry {
  readonly item: Value;
  readonly key: Value;
}

const less = (left: Entry, right: Entry): boolean => {
  tick();
  return compare(left.key, right.key) < 0;
};

// CPython sorts fewer elements than this by insertion.
const insertionLimit = 64;

/** The run a list begins with, made ascending: its length. */
function countRun(entries: Entry[]): number {
  let end = 1;
  const at = (i: number): Entry => entries[i] as Entry;
  if (entries.length < 2) return entries.length;
  if (less(at(1), at(0))) {
    for (end = 2; end < entries.length && less(at(end), at(end - 1)); end++);
    entries.splice(0, end, ...entries.slice(0, end).reverse());
  } else {
    for (end = 2; end < entries.length && !less(at(end), at(end - 1)); end++);
  }
  return end;
}

/** CPython's binary insertion: the same comparisons in the same order, so the same one fails first. */
function insertionSort(entries: Entry[]): void {
  for (let start = countRun(entries); start < entries.length; start++) {
    const pivot = entries[start] as Entry;
    let low = 0;
    let high = start;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (less(pivot, entries[middle] as Entry)) high = middle;
      else low = middle + 1;
    }
    entries.splice(start, 1);
    entries.splice(low, 0, pivot);
  }
}

/** Python's `sorted(items, key=key, reverse=reverse)`: stable, also in reverse. @throws JinjaError TypeError */
export function sortValues(
  items: readonly Value[],
  key: ((item: Value) => Value) | undefined,
  reverse: boolean,
): Value[] {
  const entries = items.map((item): Entry => ({ item, key: key ? key(item) : item }));
  if (reverse) entries.reverse();
  if (entries.length < insertionLimit) insertionSort(entries);
  // Python only ever asks "is a less than b".
  else entries.sort((left, right) => (less(left, right) ? -1 : less(right, left) ? 1 : 0));
  if (reverse) entries.reverse();
  return entries.map((entry) => entry.item);
}
