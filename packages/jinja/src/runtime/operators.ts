import { overflowError, typeError } from "../errors.js";
import { percentFormat } from "../format/percent-format.js";
import { charge, chargeItems } from "../limits.js";
import { Tuple } from "./collections.js";
import { escapeText, Markup, textOf } from "./markup.js";
import { arithmetic, power, signed, trueDivide } from "./numbers.js";
import { Undefined } from "./undefined.js";
import { isInteger, isObject, typeName, type Value } from "./values.js";

/** HTML text of anything: Markup as it is, the rest printed and escaped. */
export function toHtml(value: Value, print: (value: Value) => string): Markup {
  if (value instanceof Markup) return value;
  const html = isObject(value) ? value.html?.() : undefined;
  return new Markup(html ?? escapeText(print(value)));
}

function refuse(operator: string, left: Value, right: Value): never {
  if (left instanceof Undefined) left.fail();
  if (right instanceof Undefined) right.fail();
  throw typeError(`unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`);
}

/** Joins text, escaping what is not Markup when one of both is. */
function joinText(left: string | Markup, right: string | Markup): Value {
  if (typeof left === "string" && typeof right === "string") {
    charge(left.length + right.length);
    return left + right;
  }
  const a = typeof left === "string" ? escapeText(left) : left.text;
  const b = typeof right === "string" ? escapeText(right) : right.text;
  charge(a.length + b.length);
  return new Markup(a + b);
}

const isText = (value: Value): value is string | Markup => typeof value === "string" || value instanceof Markup;

/** Python's `left + right`. */
export function add(left: Value, right: Value): Value {
  const number = arithmetic("+", left, right);
  if (number !== undefined) return number;
  // The chainable flavour is HTML to markupsafe, of no text.
  if (left instanceof Markup && right instanceof Undefined && right.flavour === "chainable") return left;
  if (right instanceof Undefined) refuse("+", left, right);
  if (isText(left)) {
    if (isText(right)) return joinText(left, right);
    throw typeError(`can only concatenate str (not "${typeName(right)}") to str`);
  }
  const [a, b] = [Array.isArray(left), Array.isArray(right)];
  if (Array.isArray(left) && Array.isArray(right)) {
    chargeItems(left.length + right.length);
    return [...left, ...right];
  }
  if (left instanceof Tuple && right instanceof Tuple) {
    chargeItems(left.items.length + right.items.length);
    return new Tuple([...left.items, ...right.items]);
  }
  if (a && !b) throw typeError(`can only concatenate list (not "${typeName(right)}") to list`);
  if (left instanceof Tuple) throw typeError(`can only concatenate tuple (not "${typeName(right)}") to tuple`);
  return refuse("+", left, right);
}

export const subtract = (left: Value, right: Value): Value => arithmetic("-", left, right) ?? refuse("-", left, right);
export const floorDivide = (left: Value, right: Value): Value =>
  arithmetic("//", left, right) ?? refuse("//", left, right);
export const divide = (left: Value, right: Value): Value => trueDivide(left, right) ?? refuse("/", left, right);
export const raise = (left: Value, right: Value): Value => power(left, right) ?? refuse("** or pow()", left, right);

/** Python's `left % right`: the remainder, or printf formatting of text. */
export function modulo(left: Value, right: Value): Value {
  if (isText(left)) return percentFormat(left, right);
  return arithmetic("%", left, right) ?? refuse("%", left, right);
}

/** Python's `left * right`: the product, or a repeated string, list or tuple. */
export function multiply(left: Value, right: Value): Value {
  const number = arithmetic("*", left, right);
  if (number !== undefined) return number;
  if (isInteger(right)) {
    const repeated = repeat(left, right);
    if (repeated !== undefined) return repeated;
  }
  if (isInteger(left)) {
    const repeated = repeat(right, left);
    if (repeated !== undefined) return repeated;
  }
  for (const [sequence, times] of [
    [left, right],
    [right, left],
  ] as const) {
    if ((isText(sequence) || Array.isArray(sequence) || sequence instanceof Tuple) && !(times instanceof Undefined)) {
      throw typeError(`can't multiply sequence by non-int of type '${typeName(times)}'`);
    }
  }
  return refuse("*", left, right);
}

function repeat(sequence: Value, times: number | bigint | boolean): Value | undefined {
  const count = Math.max(0, Number(times));
  const isSequence = textOf(sequence) !== undefined || Array.isArray(sequence) || sequence instanceof Tuple;
  if (isSequence && Math.abs(Number(times)) >= 2 ** 63) {
    throw overflowError("cannot fit 'int' into an index-sized integer");
  }
  const text = textOf(sequence);
  if (text !== undefined) {
    charge(text.length * count);
    const repeated = text === "" ? "" : text.repeat(count);
    return sequence instanceof Markup ? new Markup(repeated) : repeated;
  }
  if (Array.isArray(sequence)) return repeatItems(sequence, count);
  return sequence instanceof Tuple ? new Tuple(repeatItems(sequence.items, count)) : undefined;
}

function repeatItems(items: readonly Value[], count: number): Value[] {
  chargeItems(items.length * count);
  const out: Value[] = [];
  if (items.length > 0) for (let i = 0; i < count; i++) out.push(...items);
  return out;
}

function unary(sign: 1 | -1, value: Value): Value {
  const result = signed(value, sign);
  if (result !== undefined) return result;
  if (value instanceof Undefined) return value.fail();
  throw typeError(`bad operand type for unary ${sign < 0 ? "-" : "+"}: '${typeName(value)}'`);
}

export const negate = (value: Value): Value => unary(-1, value);
export const positive = (value: Value): Value => unary(1, value);
