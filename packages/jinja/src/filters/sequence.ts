import { attributeError, filterArgumentError, typeError } from "../errors.js";
import { chargeItems, tick } from "../limits.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import { Dict, DictView, PyIterator, Range, Tuple } from "../runtime/collections.js";
import { compare, valuesEqual } from "../runtime/compare.js";
import type { Context } from "../runtime/context.js";
import { hashKey } from "../runtime/hash.js";
import { isIterable, iterate, toList, truthy } from "../runtime/iterate.js";
import { lengthOf } from "../runtime/length.js";
import { Markup } from "../runtime/markup.js";
import { add, floorDivide } from "../runtime/operators.js";
import { asIndex } from "../runtime/slices.js";
import { sortValues } from "../runtime/sort.js";
import { codePoints } from "../runtime/text.js";
import { Undefined } from "../runtime/undefined.js";
import { typeName, type Value } from "../runtime/values.js";
import { attributeGetter, ignoreCase, multiGetter } from "./attribute.js";

const caseOf = (caseSensitive: Value | undefined): typeof ignoreCase | undefined =>
  truthy(caseSensitive ?? false) ? undefined : ignoreCase;

function sort(
  context: Context,
  value: Value,
  reverse: Value = false,
  caseSensitive?: Value,
  attribute: Value = null,
): Value {
  const key = multiGetter(context, attribute, caseOf(caseSensitive));
  return sortValues(toList(value), key, truthy(reverse));
}

function dictSort(
  _: Context,
  value: Value,
  caseSensitive: Value = false,
  by: Value = "key",
  reverse: Value = false,
): Value {
  if (by !== "key" && by !== "value") throw filterArgumentError('You can only sort by either "key" or "value"');
  const at = by === "key" ? 0 : 1;
  if (value instanceof Undefined) value.fail();
  if (!(value instanceof Dict)) throw attributeError(`'${typeName(value)}' object has no attribute 'items'`);
  const pairs = value.pairs().map((pair) => new Tuple(pair));
  const key = (pair: Value): Value => {
    const part = (pair as Tuple).items[at] as Value;
    return truthy(caseSensitive) ? part : ignoreCase(part);
  };
  return sortValues(pairs, key, truthy(reverse));
}

function* uniqueItems(
  context: Context,
  value: Value,
  caseSensitive?: Value,
  attribute: Value = null,
): Generator<Value> {
  const key = attributeGetter(context, attribute, { after: caseOf(caseSensitive) });
  const seen = new Set<unknown>();
  const items = iterate(value);
  for (let next = items.next(); !next.done; next = items.next()) {
    tick();
    const hash = hashKey(key(next.value));
    if (seen.has(hash)) continue;
    chargeItems(1);
    seen.add(hash);
    yield next.value;
  }
}

type Extreme = (context: Context, value: Value, caseSensitive?: Value, attribute?: Value) => Value;

const extreme =
  (wins: (candidate: Value, best: Value) => boolean): Extreme =>
  (context, value, caseSensitive, attribute = null) => {
    const key = attributeGetter(context, attribute, { after: caseOf(caseSensitive) });
    const [first, ...rest] = toList(value);
    if (first === undefined) return context.undefined("No aggregated item, sequence was empty.");
    let best = { item: first, key: key(first) };
    for (const item of rest) {
      tick();
      const candidate = key(item);
      if (wins(candidate, best.key)) best = { item, key: candidate };
    }
    return best.item;
  };

function groupBy(
  context: Context,
  value: Value,
  attribute: Value,
  fallback: Value = null,
  caseSensitive?: Value,
): Value {
  const key = attributeGetter(context, attribute, { after: caseOf(caseSensitive), fallback });
  const exact = attributeGetter(context, attribute, { fallback });
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sortValues(toList(value), key, false)) {
    const itemKey = key(item);
    const last = groups.at(-1);
    if (last && valuesEqual(last.key, itemKey)) last.items.push(item);
    else groups.push({ key: itemKey, items: [item] });
  }
  return groups.map(({ key: grouper, items }) => {
    const shown = caseOf(caseSensitive) ? exact(items[0] as Value) : grouper;
    return new Tuple([shown, items], ["grouper", "list"]);
  });
}

/** Python's `reversed(value)`; undefined when it cannot be walked backwards. */
function reversed(value: Value): Iterator<Value> | undefined {
  if (Array.isArray(value)) return value.slice().reverse()[Symbol.iterator]();
  if (value instanceof Tuple) return value.items.slice().reverse()[Symbol.iterator]();
  if (typeof value === "string") return codePoints(value).reverse()[Symbol.iterator]();
  if (value instanceof Markup) return codePoints(value.text).reverse()[Symbol.iterator]();
  if (value instanceof Undefined) return iterate(value);
  if (value instanceof Dict || value instanceof DictView || value instanceof Range) return value.reversed();
  return undefined;
}

function reverse(_: Context, value: Value): Value {
  if (typeof value === "string") return codePoints(value).reverse().join("");
  if (value instanceof Markup) return new Markup(codePoints(value.text).reverse().join(""));
  const backwards = reversed(value);
  if (backwards) return new PyIterator(backwards, Array.isArray(value) ? "list_reverseiterator" : "reversed");
  if (!isIterable(value)) throw filterArgumentError("argument must be iterable");
  return toList(value).reverse();
}

function first(context: Context, value: Value): Value {
  const next = iterate(value).next();
  return next.done ? context.undefined("No first item, sequence was empty.") : next.value;
}

function last(context: Context, value: Value): Value {
  const backwards = reversed(value);
  if (!backwards) throw typeError(`'${typeName(value)}' object is not reversible`);
  const next = backwards.next();
  return next.done ? context.undefined("No last item, sequence was empty.") : next.value;
}

function random(context: Context, value: Value): Value {
  const length = lengthOf(value);
  if (length === 0) return context.undefined("No random item, sequence was empty.");
  if (value instanceof Dict) throw typeError("a dict has no random item; take one of its keys");
  return toList(value)[Math.floor(context.environment.random() * length)] as Value;
}

function* slices(value: Value, count: Value, fill: Value): Generator<Value> {
  const items = toList(value);
  const slots = asIndex(count);
  const each = Number(floorDivide(items.length, slots));
  const extra = items.length - each * slots;
  let offset = 0;
  for (let i = 0; i < slots; i++) {
    tick();
    const start = offset + i * each;
    if (i < extra) offset++;
    const slice = items.slice(start, offset + (i + 1) * each);
    if (fill !== null && i >= extra) slice.push(fill);
    chargeItems(slice.length + 1);
    yield slice;
  }
}

function* batches(value: Value, count: Value, fill: Value): Generator<Value> {
  let batch: Value[] = [];
  const items = iterate(value);
  for (let next = items.next(); !next.done; next = items.next()) {
    tick();
    if (valuesEqual(batch.length, count)) {
      yield batch;
      batch = [];
    }
    batch.push(next.value);
  }
  if (batch.length === 0) return;
  if (fill !== null && compare(batch.length, count) < 0) {
    const missing = asIndex(count) - batch.length;
    chargeItems(missing);
    while (batch.length < asIndex(count)) batch.push(fill);
  }
  yield batch;
}

function sum(context: Context, value: Value, attribute: Value = null, start: Value = 0): Value {
  const key = attributeGetter(context, attribute);
  if (typeof start === "string") throw typeError("sum() can't sum strings [use ''.join(seq) instead]");
  let total: Value = start;
  const items = iterate(value);
  for (let next = items.next(); !next.done; next = items.next()) {
    tick();
    total = add(total, key(next.value));
  }
  return total;
}

function* pairs(value: Value): Generator<Value> {
  if (value instanceof Undefined) return;
  if (!(value instanceof Dict)) throw typeError("Can only get item pairs from a mapping.");
  yield* { [Symbol.iterator]: () => new DictView(value, "items").iterate() };
}

/** Filters that order, cut and reduce sequences. */
export const sequenceFilters: Builtins = builtins([
  ["sort", "value, reverse=, case_sensitive=, attribute=", sort],
  ["dictsort", "value, case_sensitive=, by=, reverse=", dictSort],
  [
    "unique",
    "value, case_sensitive=, attribute=",
    (context, value: Value, caseSensitive?: Value, attribute?: Value) =>
      new PyIterator(uniqueItems(context, value, caseSensitive, attribute)),
  ],
  ["min", "value, case_sensitive=, attribute=", extreme((candidate, best) => compare(candidate, best) < 0)],
  ["max", "value, case_sensitive=, attribute=", extreme((candidate, best) => compare(candidate, best, ">") > 0)],
  ["groupby", "value, attribute, default=, case_sensitive=", groupBy],
  ["reverse", "value", reverse],
  ["first", "seq", first],
  ["last", "seq", last],
  ["random", "seq", random],
  ["list", "value", (_, value: Value) => toList(value)],
  ["items", "value", (_, value: Value) => new PyIterator(pairs(value))],
  ["length", "/value", (_, value: Value) => lengthOf(value)],
  ["count", "/value", (_, value: Value) => lengthOf(value)],
  [
    "slice",
    "value, slices, fill_with=",
    (_, value: Value, count: Value, fill: Value = null) => new PyIterator(slices(value, count, fill)),
  ],
  [
    "batch",
    "value, linecount, fill_with=",
    (_, value: Value, count: Value, fill: Value = null) => new PyIterator(batches(value, count, fill)),
  ],
  ["sum", "iterable, attribute=, start=", sum],
]);
