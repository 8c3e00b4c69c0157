import { limitError, overflowError, typeError, valueError, zeroDivisionError } from "../errors.js";
import { charge } from "../limits.js";
import { isInteger, makeFloat, normalizeInteger, PyFloat, type Value } from "./values.js";

/** A number operand: ints and bools as they are, floats unwrapped. */
export type Numeric =
  | { readonly int: number | bigint; readonly float?: never }
  | { readonly float: number; readonly int?: never };

/** The operand as int or float; undefined for anything that is no number. */
export function numeric(value: Value): Numeric | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? { int: value } : { float: value };
  if (typeof value === "bigint") return { int: value };
  if (typeof value === "boolean") return { int: Number(value) };
  return value instanceof PyFloat ? { float: value.value } : undefined;
}

/** An int as a float. @throws JinjaError OverflowError */
export function intToFloat(value: number | bigint): number {
  const float = Number(value);
  if (!Number.isFinite(float)) throw overflowError("int too large to convert to float");
  return float;
}

const toFloat = (value: Numeric): number => (value.int === undefined ? value.float : intToFloat(value.int));

// Far above what templates count, low enough that one operation stays under a millisecond or so.
const maxBits = 1 << 16;

function checkBits(bits: number): void {
  if (bits > maxBits) throw limitError(`an int of more than ${maxBits} bits would be made and the render was stopped`);
  charge(bits >> 4);
}

const bitLength = (value: bigint): number => (value < 0n ? -value : value).toString(16).length * 4;

type IntOperation = (left: bigint, right: bigint) => bigint;
type FloatOperation = (left: number, right: number) => number;

interface Operation {
  /** Exact as long as the result is a safe integer. */
  readonly small: FloatOperation;
  readonly big: IntOperation;
  readonly float: FloatOperation;
}

function floorMod(left: number, right: number): number {
  if (right === 0) throw zeroDivisionError("float modulo");
  const rest = left % right;
  if (rest === 0) return right < 0 ? -0 : 0;
  return rest < 0 !== right < 0 ? rest + right : rest;
}

function floorDivide(left: number, right: number): number {
  if (right === 0) throw zeroDivisionError("float floor division by zero");
  const quotient = (left - floorMod(left, right)) / right;
  // The sign of a zero is that of the true quotient.
  if (quotient === 0) return left / right < 0 || Object.is(left / right, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function intFloorDivide(left: bigint, right: bigint): bigint {
  if (right === 0n) throw zeroDivisionError("integer division or modulo by zero");
  const quotient = left / right;
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient;
}

function smallFloorDivide(left: number, right: number): number {
  if (right === 0) throw zeroDivisionError("integer division or modulo by zero");
  // Dividing safe integers may round up to the next whole number; the remainder cannot.
  return (left - smallMod(left, right)) / right;
}

function smallMod(left: number, right: number): number {
  if (right === 0) throw zeroDivisionError("integer division or modulo by zero");
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest + 0;
}

function multiplyBig(left: bigint, right: bigint): bigint {
  checkBits(bitLength(left) + bitLength(right));
  return left * right;
}

const operations: Readonly<Record<"+" | "-" | "*" | "//" | "%", Operation>> = {
  "+": { small: (a, b) => a + b, big: (a, b) => a + b, float: (a, b) => a + b },
  "-": { small: (a, b) => a - b, big: (a, b) => a - b, float: (a, b) => a - b },
  "*": { small: (a, b) => a * b, big: multiplyBig, float: (a, b) => a * b },
  "//": { small: smallFloorDivide, big: intFloorDivide, float: floorDivide },
  "%": { small: smallMod, big: (a, b) => a - intFloorDivide(a, b) * b, float: floorMod },
};

/** `left operator right` of two numbers; undefined when one is none. */
export function arithmetic(operator: keyof typeof operations, left: Value, right: Value): Value | undefined {
  const operation = operations[operator];
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) {
    const result = operation.small(left as number, right as number);
    if (Number.isSafeInteger(result)) return result + 0;
  }
  const [a, b] = [numeric(left), numeric(right)];
  if (!a || !b) return undefined;
  if (a.int !== undefined && b.int !== undefined) {
    return normalizeInteger(operation.big(BigInt(a.int), BigInt(b.int)));
  }
  return makeFloat(operation.float(toFloat(a), toFloat(b)));
}

/** `left / right` of two numbers; undefined when one is none. */
export function trueDivide(left: Value, right: Value): Value | undefined {
  const [a, b] = [numeric(left), numeric(right)];
  if (!a || !b) return undefined;
  if (a.int === undefined || b.int === undefined) {
    const divisor = toFloat(b);
    if (divisor === 0) throw zeroDivisionError("float division by zero");
    return makeFloat(toFloat(a) / divisor);
  }
  if (Number(b.int) === 0) throw zeroDivisionError("division by zero");
  if (typeof a.int === "number" && typeof b.int === "number") return makeFloat(a.int / b.int);
  const quotient = divideBig(BigInt(a.int), BigInt(b.int));
  return makeFloat(quotient === 0 && a.int < 0 !== b.int < 0 ? -0 : quotient);
}

function divideBig(left: bigint, right: bigint): number {
  // Scaled so that the quotient has at least 64 significant bits; the lowest one is sticky, so rounding is right.
  const shift = Math.max(0, bitLength(right) - bitLength(left) + 68);
  const scaled = left << BigInt(shift);
  const quotient = scaled / right;
  const sticky = scaled % right === 0n ? quotient : quotient | 1n;
  const result = Number(sticky) / 2 ** Math.min(shift, 1023) / 2 ** Math.max(0, shift - 1023);
  if (!Number.isFinite(result)) throw overflowError("integer division result too large for a float");
  return result;
}

/** `left ** right` of two numbers; undefined when one is none. */
export function power(left: Value, right: Value): Value | undefined {
  const [a, b] = [numeric(left), numeric(right)];
  if (!a || !b) return undefined;
  if (a.int !== undefined && b.int !== undefined && b.int >= 0) {
    const base = BigInt(a.int);
    if (base > 1n || base < -1n) checkBits((bitLength(base) - 3) * Number(b.int));
    return normalizeInteger(base ** BigInt(b.int));
  }
  const [base, exponent] = [toFloat(a), toFloat(b)];
  if (base === 0 && exponent < 0) throw zeroDivisionError("0.0 cannot be raised to a negative power");
  if (base < 0 && Number.isFinite(base) && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    throw typeError("a negative number to a fractional power is a complex number, which templates do not have");
  }
  const result = base === 1 || exponent === 0 ? 1 : base === -1 && !Number.isFinite(exponent) ? 1 : base ** exponent;
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent)) {
    throw overflowError("(34, 'Numerical result out of range')");
  }
  return makeFloat(result);
}

/** `-value` or `+value` of a number; undefined for anything else. */
export function signed(value: Value, sign: 1 | -1): Value | undefined {
  if (isInteger(value)) {
    if (typeof value === "bigint") return sign < 0 ? normalizeInteger(-value) : value;
    return sign < 0 ? 0 - Number(value) : Number(value);
  }
  const number = numeric(value);
  return number?.float === undefined ? undefined : makeFloat(sign * number.float);
}

/** Python's `int(float)`. */
export function truncate(value: number): number | bigint {
  if (Number.isNaN(value)) throw valueError("cannot convert float NaN to integer");
  if (!Number.isFinite(value)) throw overflowError("cannot convert float infinity to integer");
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? whole + 0 : BigInt(whole);
}
