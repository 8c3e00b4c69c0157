import { typeError, valueError } from "../errors.js";
import { isInteger, type PyObject, typeName, type Value } from "./values.js";

/** `start:stop:step` inside a subscript. */
export class Slice implements PyObject {
  readonly pyType = "slice";
  constructor(
    readonly start: Value,
    readonly stop: Value,
    readonly step: Value,
  ) {}
  repr(): string {
    return "slice(...)";
  }
  hashKey(): undefined {
    return undefined;
  }
}

/** `count` elements from `start`, `step` apart; `stop` as Python resolves it. */
export interface SliceBounds {
  readonly start: number;
  readonly stop: number;
  readonly count: number;
  readonly step: number;
}

function bound(value: Value): number {
  if (!isInteger(value)) throw typeError("slice indices must be integers or None or have an __index__ method");
  return Number(value);
}

/** Python's `slice.indices`. */
export function resolveSlice(slice: Slice, length: number): SliceBounds {
  const step = slice.step === null ? 1 : bound(slice.step);
  if (step === 0) throw valueError("slice step cannot be zero");
  const lowest = step < 0 ? -1 : 0;
  const highest = step < 0 ? length - 1 : length;
  const clamp = (value: Value, absent: number): number => {
    if (value === null) return absent;
    const at = bound(value);
    return Math.min(Math.max(at < 0 ? at + length : at, lowest), highest);
  };
  const start = clamp(slice.start, step < 0 ? highest : lowest);
  const stop = clamp(slice.stop, step < 0 ? lowest : highest);
  return { start, stop, step, count: Math.max(0, Math.ceil((stop - start) / step)) };
}

/** The position of `items[key]`, or undefined when the key is no int or out of range. */
export function normalizeIndex(key: Value, length: number): number | undefined {
  if (!isInteger(key)) return undefined;
  const index = Number(key);
  const at = index < 0 ? index + length : index;
  return at >= 0 && at < length ? at : undefined;
}

/** An argument that must be an int. */
export function asIndex(value: Value): number {
  if (!isInteger(value)) throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  return Number(value);
}
