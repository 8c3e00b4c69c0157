import { typeError } from "../errors.js";
import { enterCall, leaveCall, tick } from "../limits.js";
import { Dict, DictView, PyIterator, Range, Tuple } from "./collections.js";
import { iterate } from "./iterate.js";
import { Markup } from "./markup.js";
import { Undefined } from "./undefined.js";
import { isFloat, isInteger, PyFloat, typeName, type Value } from "./values.js";

const isNumber = (value: Value): value is number | bigint | boolean | PyFloat => isInteger(value) || isFloat(value);

const plain = (value: number | bigint | boolean | PyFloat): number | bigint =>
  typeof value === "boolean" ? Number(value) : value instanceof PyFloat ? value.value : value;

// Exact also between an int and a float: neither is below the other. False for NaN.
const sameNumber = (left: number | bigint, right: number | bigint): boolean => left <= right && left >= right;

/** Python's `==`. */
export function valuesEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (typeof left === "string" && typeof right === "string") return false;
  if (right instanceof Undefined) {
    if (left instanceof Undefined) left.refuseComparison();
    right.refuseComparison();
    return left instanceof Undefined && left.flavour === right.flavour;
  }
  if (isNumber(left)) return isNumber(right) && sameNumber(plain(left), plain(right));
  if (typeof left === "string" || left instanceof Markup) return equalText(left, right);
  if (Array.isArray(left)) return Array.isArray(right) && equalItems(left, right);
  if (left instanceof Tuple) return right instanceof Tuple && equalItems(left.items, right.items);
  if (left instanceof Undefined) {
    left.refuseComparison();
    return false;
  }
  return typeof left === "object" && left !== null && left.equals ? left.equals(right) : false;
}

function equalText(left: string | Markup, right: Value): boolean {
  const other = right instanceof Markup ? right.text : right;
  return (typeof left === "string" ? left : left.text) === other;
}

function equalItems(left: readonly Value[], right: readonly Value[]): boolean {
  if (left.length !== right.length) return false;
  enterCall();
  try {
    for (let i = 0; i < left.length; i++) {
      tick();
      if (!valuesEqual(left[i] as Value, right[i] as Value)) return false;
    }
    return true;
  } finally {
    leaveCall();
  }
}

export type OrderOperator = "<" | "<=" | ">" | ">=";

/** Python's order of two values: negative, zero, positive, or NaN when neither holds. @throws JinjaError TypeError */
export function compare(left: Value, right: Value, operator: OrderOperator = "<"): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (isNumber(left) && isNumber(right)) {
    const [a, b] = [plain(left), plain(right)];
    return a < b ? -1 : a > b ? 1 : sameNumber(a, b) ? 0 : Number.NaN;
  }
  const leftText = left instanceof Markup ? left.text : left;
  const rightText = right instanceof Markup ? right.text : right;
  if (typeof leftText === "string" && typeof rightText === "string") return compareText(leftText, rightText);
  if (left instanceof Undefined) return left.fail();
  if (right instanceof Undefined) return right.fail();
  if (Array.isArray(left) && Array.isArray(right)) return compareItems(left, right, operator);
  if (left instanceof Tuple && right instanceof Tuple) return compareItems(left.items, right.items, operator);
  throw typeError(`'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  // UTF-16 order differs from code point order only between surrogates and the characters above them.
  let i = 0;
  while (i < left.length && left.charCodeAt(i) === right.charCodeAt(i)) i++;
  if (i > 0 && isLowSurrogate(left, i) && isLowSurrogate(right, i)) i--;
  return (left.codePointAt(i) ?? -1) - (right.codePointAt(i) ?? -1);
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code < 0xe000;
}

function compareItems(left: readonly Value[], right: readonly Value[], operator: OrderOperator): number {
  enterCall();
  try {
    const shared = Math.min(left.length, right.length);
    for (let i = 0; i < shared; i++) {
      tick();
      const [a, b] = [left[i] as Value, right[i] as Value];
      if (!valuesEqual(a, b)) return compare(a, b, operator);
    }
    return left.length - right.length;
  } finally {
    leaveCall();
  }
}

/** Python's `item in container`. @throws JinjaError TypeError */
export function contains(container: Value, item: Value): boolean {
  if (typeof container === "string" || container instanceof Markup) return textContains(container, item);
  if (Array.isArray(container)) return someEqual(container, item);
  if (container instanceof Tuple) return someEqual(container.items, item);
  if (container instanceof Dict || container instanceof DictView) return container.contains(item);
  if (container instanceof Range && isInteger(item)) {
    const offset = (Number(item) - container.start) / container.step;
    return Number.isInteger(offset) && offset >= 0 && offset < container.count;
  }
  if (container instanceof Undefined) {
    if (container.isStrict) return container.fail();
    return false;
  }
  if (container instanceof PyIterator || (typeof container === "object" && container?.iterate)) {
    const items = iterate(container);
    for (let next = items.next(); !next.done; next = items.next()) {
      tick();
      if (valuesEqual(next.value, item)) return true;
    }
    return false;
  }
  throw typeError(`argument of type '${typeName(container)}' is not iterable`);
}

function textContains(container: string | Markup, item: Value): boolean {
  const text = typeof container === "string" ? container : container.text;
  const part = item instanceof Markup ? item.text : item;
  if (typeof part !== "string") {
    throw typeError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  tick(1 + (text.length >> 6));
  return text.includes(part);
}

function someEqual(items: readonly Value[], item: Value): boolean {
  for (const other of items) {
    tick();
    if (valuesEqual(other, item)) return true;
  }
  return false;
}
