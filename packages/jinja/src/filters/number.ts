import { filterArgumentError, JinjaError, typeError, valueError } from "../errors.js";
import { scaledDecimal } from "../format/decimal.js";
import { floatText } from "../format/number-text.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import type { Context } from "../runtime/context.js";
import { textOf } from "../runtime/markup.js";
import { intToFloat, numeric, truncate } from "../runtime/numbers.js";
import { divide, multiply, negate, raise } from "../runtime/operators.js";
import { repr } from "../runtime/printing.js";
import { asIndex } from "../runtime/slices.js";
import { trim } from "../runtime/text.js";
import { Undefined } from "../runtime/undefined.js";
import { makeFloat, normalizeInteger, typeName, type Value } from "../runtime/values.js";

const maxDigits = 4300;
const prefixes: ReadonlyMap<number, string> = new Map([
  [2, "0b"],
  [8, "0o"],
  [16, "0x"],
]);

/** Python's `int(text, base)`. @throws JinjaError ValueError */
export function parseInteger(text: string, base: number): Value {
  const invalid = () => valueError(`invalid literal for int() with base ${base}: ${repr(text)}`);
  if (base !== 0 && (base < 2 || base > 36)) throw valueError("int() base must be >= 2 and <= 36, or 0");
  const [, sign = "", rest = ""] = /^([-+]?)([\s\S]*)$/.exec(trim(text)) ?? [];
  let digits = rest.toLowerCase();
  let radix = base;
  for (const [prefixBase, prefix] of prefixes) {
    if ((base === 0 || base === prefixBase) && digits.startsWith(prefix)) {
      digits = digits.slice(2).replace(/^_/, "");
      radix = prefixBase;
    }
  }
  if (radix === 0) {
    if (/^0[\d_]*[1-9]/.test(digits)) throw invalid();
    radix = 10;
  }
  if (!/^[\da-z]+(?:_[\da-z]+)*$/.test(digits)) throw invalid();
  digits = digits.replaceAll("_", "");
  if (radix === 10 && digits.length > maxDigits) {
    throw valueError(
      `Exceeds the limit (${maxDigits} digits) for integer string conversion: value has ${digits.length} digits`,
    );
  }
  if (digits.length > 20_000) throw valueError("the digits of an int are too many");
  let value = 0n;
  if (radix === 10 && /^\d+$/.test(digits)) value = BigInt(digits);
  else {
    for (const char of digits) {
      const digit = Number.parseInt(char, 36);
      if (digit >= radix) throw invalid();
      value = value * BigInt(radix) + BigInt(digit);
    }
  }
  return normalizeInteger(sign === "-" ? -value : value);
}

/** Python's `float(text)`. @throws JinjaError ValueError */
export function parseFloatText(text: string): number {
  const body = trim(text).toLowerCase();
  const special = /^([-+]?)(inf|infinity|nan)$/.exec(body);
  if (special) {
    if (special[2] === "nan") return Number.NaN;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!/^[-+]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+(?:_\d+)*)?$/.test(body)) {
    throw valueError(`could not convert string to float: ${repr(text)}`);
  }
  return Number(body.replaceAll("_", ""));
}

/** Python's `float(value)`. @throws JinjaError TypeError, ValueError */
export function toFloat(value: Value): number {
  const text = textOf(value);
  if (text !== undefined) return parseFloatText(text);
  const number = numeric(value);
  if (number) return number.int === undefined ? number.float : intToFloat(number.int);
  if (value instanceof Undefined) return value.fail();
  throw typeError(`float() argument must be a string or a real number, not '${typeName(value)}'`);
}

function toInteger(value: Value, base: Value): Value {
  const text = textOf(value);
  if (text !== undefined) return parseInteger(text, asIndex(base));
  const number = numeric(value);
  if (number) return number.int === undefined ? truncate(number.float) : number.int;
  if (value instanceof Undefined) return value.fail();
  throw typeError(`int() argument must be a string, a bytes-like object or a real number, not '${typeName(value)}'`);
}

function attempt<T>(work: () => T, otherwise: () => T): T {
  try {
    return work();
  } catch (error) {
    const expected = error instanceof JinjaError && ["TypeError", "ValueError"].includes(error.pythonType);
    if (!expected) throw error;
    return otherwise();
  }
}

const int = (_: Context, value: Value, fallback: Value = 0, base: Value = 10): Value =>
  attempt(
    () => toInteger(value, base),
    () =>
      attempt<Value>(
        () => truncate(toFloat(value)),
        () => fallback,
      ),
  );

/** Python's `round(value, digits)`. */
function roundValue(value: Value, digits: number): Value {
  const number = numeric(value);
  if (!number) {
    if (value instanceof Undefined) throw typeError("type Undefined doesn't define __round__ method");
    throw typeError(`type ${typeName(value)} doesn't define __round__ method`);
  }
  if (number.int !== undefined) return digits >= 0 ? number.int : roundInteger(BigInt(number.int), -digits);
  const { float } = number;
  if (!Number.isFinite(float) || digits > 323) return makeFloat(float);
  if (digits < -308) return makeFloat(float < 0 ? -0 : 0);
  const scaled = scaledDecimal(float, digits);
  const text = digits >= 0 ? `${scaled}e-${digits}` : `${scaled}e${-digits}`;
  return makeFloat(float < 0 || Object.is(float, -0) ? -Number(text) : Number(text));
}

function roundInteger(value: bigint, zeros: number): Value {
  if (zeros > maxDigits) return 0;
  const unit = 10n ** BigInt(zeros);
  const magnitude = value < 0n ? -value : value;
  const rest = magnitude % unit;
  let quotient = magnitude / unit;
  if (rest * 2n > unit || (rest * 2n === unit && quotient % 2n === 1n)) quotient += 1n;
  return normalizeInteger(value < 0n ? -quotient * unit : quotient * unit);
}

function round(_: Context, value: Value, precision: Value = 0, method: Value = "common"): Value {
  if (method !== "common" && method !== "ceil" && method !== "floor") {
    throw filterArgumentError("method must be common, ceil or floor");
  }
  if (method === "common") return roundValue(value, asIndex(precision));
  const factor = raise(10, precision);
  const product = multiply(value, factor);
  const scaled = numeric(product);
  if (!scaled) throw typeError(`must be real number, not ${typeName(product)}`);
  if (scaled.int !== undefined) return divide(scaled.int, factor);
  return divide(truncate(method === "ceil" ? Math.ceil(scaled.float) : Math.floor(scaled.float)), factor);
}

function abs(_: Context, value: Value): Value {
  const number = numeric(value);
  if (!number) throw typeError(`bad operand type for abs(): '${typeName(value)}'`);
  if (number.int === undefined) return makeFloat(Math.abs(number.float));
  return number.int < 0 ? negate(number.int) : number.int;
}

const units = ["k", "M", "G", "T", "P", "E", "Z", "Y"];

function fileSize(_: Context, value: Value, binary: Value = false): Value {
  const bytes = toFloat(value);
  const base = binary === true ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${String(truncate(bytes))} Bytes`;
  let unit = base;
  let name = "";
  for (const letter of units) {
    unit *= base;
    name = `${binary === true ? letter.toUpperCase() : letter}${binary === true ? "i" : ""}B`;
    if (bytes < unit) break;
  }
  return `${floatText("f", (base * bytes) / unit, 1)} ${name}`;
}

/** Filters that make or change numbers. */
export const numberFilters: Builtins = builtins([
  ["abs", "/value", abs],
  ["int", "value, default=, base=", int],
  [
    "float",
    "value, default=",
    (_, value: Value, fallback: Value = makeFloat(0)) =>
      attempt<Value>(
        () => makeFloat(toFloat(value)),
        () => fallback,
      ),
  ],
  ["round", "value, precision=, method=", round],
  ["filesizeformat", "value, binary=", fileSize],
]);
