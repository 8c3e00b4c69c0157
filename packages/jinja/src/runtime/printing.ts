import { valueError } from "../errors.js";
import { charge, enterCall, leaveCall, tick } from "../limits.js";
import { stringRepr } from "./string-repr.js";
import { floatRepr, type Value } from "./values.js";

// Python 3.11 refuses to print longer ints.
const maxDigits = 4300;

export function bigintText(value: bigint): string {
  // 15 000 bits are 4515 digits: anything longer need not be converted to know.
  const tooLong = (): never => {
    throw valueError(`Exceeds the limit (${maxDigits} digits) for integer string conversion`);
  };
  if (BigInt.asIntN(15_000, value) !== value) tooLong();
  const text = value.toString();
  if (text.length - (value < 0n ? 1 : 0) > maxDigits) tooLong();
  return text;
}

/** Python's `str(value)`: what `{{ value }}` prints. */
export function str(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && !Array.isArray(value) && value.str) return value.str();
  return repr(value);
}

/** Python's `repr(value)`: how a value prints inside a list or dict. */
export function repr(value: Value): string {
  switch (typeof value) {
    case "string": {
      charge(value.length);
      return stringRepr(value);
    }
    case "boolean":
      return value ? "True" : "False";
    case "number":
      return Number.isSafeInteger(value) ? (Object.is(value, -0) ? "0" : String(value)) : floatRepr(value);
    case "bigint":
      return bigintText(value);
    default:
      if (value === null) return "None";
      return Array.isArray(value) ? `[${reprList(value, value)}]` : value.repr();
  }
}

const open: unknown[] = [];

/** The elements of a container, separated; `...` for one that contains itself. */
export function reprList<T = Value>(
  container: object,
  items: readonly T[],
  text: (item: T) => string = repr as (item: T) => string,
): string {
  if (open.includes(container)) return "...";
  enterCall();
  open.push(container);
  try {
    let out = "";
    for (const item of items) {
      tick();
      out += out === "" ? text(item) : `, ${text(item)}`;
      charge(2);
    }
    charge(out.length);
    return out;
  } finally {
    open.pop();
    leaveCall();
  }
}
