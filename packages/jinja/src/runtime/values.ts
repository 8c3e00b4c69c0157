import type { Context } from "./context.js";

/**
 * Python's values as this engine holds them:
 * `None` is null; `bool` a boolean; `int` a safe integer or else a bigint; `float` any other number, or a {@link PyFloat}
 * when a plain number would look like an int; `str` a string; `list` an array; everything else a {@link PyObject}.
 * JavaScript's `undefined` is never a value: it stands for "not given" or "no such thing".
 */
export type Value = null | boolean | number | bigint | string | Value[] | PyObject;

/** Keyword arguments by name, in order. A Map: no name can reach a prototype. */
export type Kwargs = ReadonlyMap<string, Value>;

export const noKwargs: Kwargs = new Map();

/** Values of types JavaScript has no primitive for. Every operation Python may ask for is a method that may be missing. */
export interface PyObject {
  /** `type(x).__name__`. */
  readonly pyType: string;
  /** `type(x).__module__` where that is not `builtins`. */
  readonly pyModule?: string;
  repr(): string;
  str?(): string;
  /** HTML of it, which escaping leaves alone (`__html__`). */
  html?(): string;
  truthy?(): boolean;
  length?(): number;
  iterate?(): Iterator<Value>;
  reversed?(): Iterator<Value>;
  /** A public attribute; undefined when there is none. */
  attribute?(name: string): Value | undefined;
  /** `x[key]`; undefined when that raises LookupError or TypeError. */
  item?(key: Value): Value | undefined;
  contains?(item: Value): boolean;
  equals?(other: Value): boolean;
  /** `context` is the caller's, undefined where there is none. */
  call?(args: readonly Value[], kwargs: Kwargs, context?: Context): Value;
  /** Key in dicts; undefined when unhashable. Objects without it hash by identity. */
  hashKey?(): unknown;
}

export const isObject = (value: Value): value is PyObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A float that happens to be a whole number: `1.0`, `-0.0`, `1e16`. */
export class PyFloat implements PyObject {
  readonly pyType = "float";
  constructor(readonly value: number) {}
  repr(): string {
    return floatRepr(this.value);
  }
  truthy(): boolean {
    return this.value !== 0;
  }
  hashKey(): unknown {
    return this.value === 0 ? 0 : this.value;
  }
}

/** A float value. */
export const makeFloat = (value: number): Value => (Number.isSafeInteger(value) ? new PyFloat(value) : value);

/** An int value of a bigint: a plain number where that is exact. */
export function normalizeInteger(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

/** Python's `repr` of a float: the shortest digits, an exponent below 1e-4 and from 1e16. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const text = exponent < -6 ? value.toFixed(-exponent + mantissa.length) : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** Whether a value is an int to Python's arithmetic; bools are. */
export const isInteger = (value: Value): value is number | bigint | boolean =>
  typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint" || typeof value === "boolean";

/** Whether a value is a float. */
export const isFloat = (value: Value): value is number | PyFloat =>
  typeof value === "number" ? !Number.isSafeInteger(value) : value instanceof PyFloat;

/** `type(value).__name__`. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "string":
      return "str";
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return Number.isSafeInteger(value) ? "int" : "float";
    default:
      if (value === null) return "NoneType";
      return Array.isArray(value) ? "list" : value.pyType;
  }
}
