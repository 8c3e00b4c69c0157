import { typeError, valueError } from "../errors.js";
import { tick } from "../limits.js";
import { type Builtins, builtins, PyFunction } from "./builtin.js";
import { Tuple } from "./collections.js";
import { valuesEqual } from "./compare.js";
import type { Context } from "./context.js";
import { iterate, toList } from "./iterate.js";
import { numericLength } from "./length.js";
import { Undefined } from "./undefined.js";
import type { Kwargs, PyObject, Value } from "./values.js";

type Recurse = (iterable: Value, depth: number) => Value;

/** `loop` inside a for loop. Looks ahead and counts only when asked, as the source may be a generator. */
export class LoopContext implements PyObject {
  readonly pyType = "LoopContext";
  readonly pyModule = "jinja2.runtime";
  #index0 = -1;
  #length: number | undefined;
  #iterator: Iterator<Value>;
  #ahead: IteratorResult<Value> | undefined;
  #before: Value | undefined;
  #current: Value | undefined;
  #lastChanged: Value | undefined;

  constructor(
    readonly context: Context,
    readonly iterable: Value,
    readonly depth0: number,
    readonly recurse: Recurse | undefined,
  ) {
    this.#iterator = iterate(iterable);
  }

  /** The next item, or undefined at the end. */
  next(): Value | undefined {
    const result = this.#peek();
    if (result.done) return undefined;
    this.#ahead = undefined;
    this.#index0++;
    this.#before = this.#current;
    this.#current = result.value;
    return result.value;
  }

  #peek(): IteratorResult<Value> {
    this.#ahead ??= this.#iterator.next();
    return this.#ahead;
  }

  length(): number {
    if (this.#length !== undefined) return this.#length;
    const known = numericLength(this.iterable);
    if (known !== undefined) {
      this.#length = known;
    } else {
      const rest: Value[] = [];
      for (let next = this.#iterator.next(); !next.done; next = this.#iterator.next()) {
        tick();
        rest.push(next.value);
      }
      this.#iterator = rest[Symbol.iterator]();
      this.#length = rest.length + this.#index0 + 1 + (this.#ahead && !this.#ahead.done ? 1 : 0);
    }
    return this.#length;
  }

  attribute(name: string): Value | undefined {
    switch (name) {
      case "index":
        return this.#index0 + 1;
      case "index0":
        return this.#index0;
      case "revindex":
        return this.length() - this.#index0;
      case "revindex0":
        return this.length() - this.#index0 - 1;
      case "first":
        return this.#index0 === 0;
      case "last":
        return this.#peek().done === true;
      case "length":
        return this.length();
      case "depth":
        return this.depth0 + 1;
      case "depth0":
        return this.depth0;
      case "previtem":
        return this.#index0 === 0 ? this.context.undefined("there is no previous item") : this.#before;
      case "nextitem": {
        const next = this.#peek();
        return next.done ? this.context.undefined("there is no next item") : next.value;
      }
      default: {
        const method = loopMethods.get(name);
        return method && new PyFunction(method, this.context, this);
      }
    }
  }

  cycle(items: readonly Value[]): Value {
    if (items.length === 0) throw typeError("no items for cycling given");
    return items[this.#index0 % items.length] as Value;
  }

  changed(values: readonly Value[]): boolean {
    const now = new Tuple(values);
    if (this.#lastChanged !== undefined && valuesEqual(this.#lastChanged, now)) return false;
    this.#lastChanged = now;
    return true;
  }

  repr(): string {
    return `<LoopContext ${this.#index0 + 1}/${this.length()}>`;
  }
  truthy(): boolean {
    return this.length() > 0;
  }
  *iterate(): Iterator<Value> {
    for (let item = this.next(); item !== undefined; item = this.next()) yield new Tuple([item, this]);
  }

  call(args: readonly Value[], _kwargs: Kwargs): Value {
    const [iterable] = args;
    if (iterable === undefined || args.length !== 1) throw typeError("loop() takes exactly one argument");
    if (!this.recurse) {
      throw typeError("The loop must have the 'recursive' marker to be called recursively.");
    }
    return this.recurse(iterable, this.depth0 + 1);
  }
}

const loopMethods: Builtins = builtins([
  ["cycle", "self, *", (_, self: LoopContext, items: Value[]) => self.cycle(items)],
  ["changed", "self, *", (_, self: LoopContext, values: Value[]) => self.changed(values)],
]);

/** Unpacks one value into `count` targets. @throws JinjaError TypeError, ValueError */
export function unpack(value: Value, count: number): readonly Value[] {
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : toUnpack(value);
  if (items.length === count) return items;
  if (items.length > count) throw unpackError(`too many values to unpack (expected ${count})`);
  throw unpackError(`not enough values to unpack (expected ${count}, got ${items.length})`);
}

function toUnpack(value: Value): Value[] {
  if (value instanceof Undefined && !value.isStrict) return [];
  return toList(value);
}

const unpackError = valueError;
