import { JinjaError, keyError, typeError, valueError } from "../errors.js";
import { charge, chargeItems, enterCall, leaveCall, tick } from "../limits.js";
import { valuesEqual } from "./compare.js";
import { hashKey } from "./hash.js";
import { repr, reprList } from "./printing.js";
import { normalizeIndex, resolveSlice, Slice, type SliceBounds } from "./slices.js";
import type { PyObject, Value } from "./values.js";

/** Python's tuple. */
export class Tuple implements PyObject {
  readonly pyType: string = "tuple";
  constructor(
    readonly items: readonly Value[],
    /** Names of the elements, of the named tuples `groupby` gives. */
    readonly names: readonly string[] = [],
  ) {}
  attribute(name: string): Value | undefined {
    return this.items[this.names.indexOf(name)];
  }
  repr(): string {
    return this.items.length === 1 ? `(${reprList(this, this.items)},)` : `(${reprList(this, this.items)})`;
  }
  truthy(): boolean {
    return this.items.length > 0;
  }
  length(): number {
    return this.items.length;
  }
  iterate(): Iterator<Value> {
    return this.items[Symbol.iterator]();
  }
  item(key: Value): Value | undefined {
    if (key instanceof Slice) return new Tuple(sliceItems(this.items, key));
    const index = normalizeIndex(key, this.items.length);
    return index === undefined ? undefined : this.items[index];
  }
  hashKey(): unknown {
    enterCall();
    // Strings are their own keys; a leading NUL keeps tuples apart from them (see hash.ts).
    const key = `\0(${this.items.map((item) => keyText(hashKey(item))).join(",")})`;
    charge(key.length);
    leaveCall();
    return key;
  }
}

const keyText = (key: unknown): string =>
  typeof key === "object" || typeof key === "function"
    ? `o${identity(key as object)}`
    : `${typeof key}:${String(key).length}:${String(key)}`;

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A number that stands for one object. */
export function identity(object: object | null): number {
  if (object === null) return 0;
  const known = identities.get(object);
  if (known !== undefined) return known;
  identities.set(object, ++lastIdentity);
  return lastIdentity;
}

/** `items[slice]` of an array. */
export function sliceItems(items: readonly Value[], slice: Slice): Value[] {
  const { start, count, step }: SliceBounds = resolveSlice(slice, items.length);
  chargeItems(count);
  if (step === 1) return items.slice(start, start + count);
  const out: Value[] = [];
  for (let i = 0, at = start; i < count; i++, at += step) out.push(items[at] as Value);
  return out;
}

interface Entry {
  readonly key: Value;
  value: Value;
}

/** Python's dict: insertion order, `1`, `1.0` and `True` the same key. */
export class Dict implements PyObject {
  readonly pyType = "dict";
  readonly #entries = new Map<unknown, Entry>();

  static of(pairs: Iterable<readonly [Value, Value]>): Dict {
    const dict = new Dict();
    for (const [key, value] of pairs) dict.set(key, value);
    return dict;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hashKey(key))?.value;
  }
  set(key: Value, value: Value): void {
    const hash = hashKey(key);
    const entry = this.#entries.get(hash);
    if (entry) {
      entry.value = value;
    } else {
      chargeItems(1);
      this.#entries.set(hash, { key, value });
    }
  }
  has(key: Value): boolean {
    return this.#entries.has(hashKey(key));
  }
  delete(key: Value): Value | undefined {
    const hash = hashKey(key);
    const entry = this.#entries.get(hash);
    this.#entries.delete(hash);
    return entry?.value;
  }
  clear(): void {
    this.#entries.clear();
  }
  keys(): Value[] {
    return Array.from(this.#entries.values(), (entry) => entry.key);
  }
  values(): Value[] {
    return Array.from(this.#entries.values(), (entry) => entry.value);
  }
  pairs(): [Value, Value][] {
    return Array.from(this.#entries.values(), (entry) => [entry.key, entry.value]);
  }
  copy(): Dict {
    chargeItems(this.#entries.size);
    return Dict.of(this.pairs());
  }
  lastKey(): Value {
    const last = [...this.#entries.values()].at(-1);
    if (!last) throw keyError("'popitem(): dictionary is empty'");
    return last.key;
  }

  repr(): string {
    return `{${reprList(this, this.pairs(), ([key, value]) => `${repr(key)}: ${repr(value)}`)}}`;
  }
  truthy(): boolean {
    return this.#entries.size > 0;
  }
  length(): number {
    return this.#entries.size;
  }
  *iterate(): Iterator<Value> {
    for (const entry of this.live()) yield entry.key;
  }
  reversed(): Iterator<Value> {
    return this.keys().reverse()[Symbol.iterator]();
  }
  /** The entries, refusing as Python does to go on when a key came or went meanwhile. */
  *live(): Generator<Entry> {
    const size = this.#entries.size;
    for (const entry of this.#entries.values()) {
      yield entry;
      if (this.#entries.size !== size) throw runtimeSizeError();
    }
  }
  item(key: Value): Value | undefined {
    return isHashable(key) ? this.get(key) : undefined;
  }
  contains(item: Value): boolean {
    return this.has(item);
  }
  equals(other: Value): boolean {
    if (!(other instanceof Dict) || other.length() !== this.length()) return false;
    for (const [hash, entry] of this.#entries) {
      tick();
      const theirs = other.#entries.get(hash);
      if (!theirs || !valuesEqual(entry.value, theirs.value)) return false;
    }
    return true;
  }
  hashKey(): undefined {
    return undefined;
  }
}

const runtimeSizeError = () => valueError("dictionary changed size during iteration");

const isHashable = (key: Value): boolean => {
  try {
    hashKey(key);
    return true;
  } catch (error) {
    if (error instanceof JinjaError && error.pythonType === "TypeError") return false;
    throw error;
  }
};

/** `dict.keys()`, `.values()` and `.items()`: views that follow the dict. */
export class DictView implements PyObject {
  readonly pyType: string;
  constructor(
    readonly dict: Dict,
    readonly kind: "keys" | "values" | "items",
  ) {
    this.pyType = `dict_${kind}`;
  }
  list(): Value[] {
    if (this.kind === "keys") return this.dict.keys();
    return this.kind === "values" ? this.dict.values() : this.dict.pairs().map((pair) => new Tuple(pair));
  }
  repr(): string {
    return `${this.pyType}([${reprList(this, this.list())}])`;
  }
  truthy(): boolean {
    return this.length() > 0;
  }
  length(): number {
    return this.dict.length();
  }
  *iterate(): Iterator<Value> {
    for (const { key, value } of this.dict.live()) {
      yield this.kind === "keys" ? key : this.kind === "values" ? value : new Tuple([key, value]);
    }
  }
  reversed(): Iterator<Value> {
    return this.list().reverse()[Symbol.iterator]();
  }
  contains(item: Value): boolean {
    if (this.kind === "keys") return this.dict.has(item);
    if (this.kind === "values") return this.list().some((value) => valuesEqual(value, item));
    if (!(item instanceof Tuple) || item.items.length !== 2) return false;
    const [key = null, value = null] = item.items;
    const mine = this.dict.get(key);
    return mine !== undefined && valuesEqual(mine, value);
  }
  equals(other: Value): boolean {
    if (!(other instanceof DictView)) return false;
    if (this.kind === "values" || other.kind === "values") return this === other;
    return this.length() === other.length() && this.list().every((item) => other.contains(item));
  }
  hashKey(): undefined | object {
    return this.kind === "values" ? this : undefined;
  }
}

/** `range(...)`. */
export class Range implements PyObject {
  readonly pyType = "range";
  readonly count: number;
  constructor(
    readonly start: number,
    readonly stop: number,
    readonly step: number,
  ) {
    if (step === 0) throw valueError("range() arg 3 must not be zero");
    this.count = Math.max(0, Math.ceil((stop - start) / step));
  }
  at(index: number): number {
    return this.start + index * this.step;
  }
  repr(): string {
    return this.step === 1 ? `range(${this.start}, ${this.stop})` : `range(${this.start}, ${this.stop}, ${this.step})`;
  }
  truthy(): boolean {
    return this.count > 0;
  }
  length(): number {
    return this.count;
  }
  *iterate(): Iterator<Value> {
    for (let i = 0; i < this.count; i++) yield this.at(i);
  }
  *reversed(): Iterator<Value> {
    for (let i = this.count - 1; i >= 0; i--) yield this.at(i);
  }
  attribute(name: string): Value | undefined {
    return name === "start" ? this.start : name === "stop" ? this.stop : name === "step" ? this.step : undefined;
  }
  item(key: Value): Value | undefined {
    if (key instanceof Slice) {
      const { start, stop, step } = resolveSlice(key, this.count);
      return new Range(this.at(start), this.at(stop), this.step * step);
    }
    const index = normalizeIndex(key, this.count);
    return index === undefined ? undefined : this.at(index);
  }
  equals(other: Value): boolean {
    if (!(other instanceof Range) || other.count !== this.count) return false;
    return this.count === 0 || (this.start === other.start && (this.count === 1 || this.step === other.step));
  }
  hashKey(): unknown {
    return `\0range:${this.count}:${this.count > 0 ? this.start : ""}:${this.count > 1 ? this.step : ""}`;
  }
}

/** A generator or iterator: goes by once, has no length, is always true. */
export class PyIterator implements PyObject {
  constructor(
    readonly source: Iterator<Value>,
    readonly pyType: string = "generator",
  ) {}
  repr(): string {
    return `<${this.pyType} object>`;
  }
  iterate(): Iterator<Value> {
    return this.source;
  }
}

export const unhashable = (type: string) => typeError(`unhashable type: '${type}'`);
