import { typeError } from "../errors.js";
import { Dict } from "./collections.js";
import type { Context } from "./context.js";
import { iterate, toList } from "./iterate.js";
import { Undefined } from "./undefined.js";
import { type Kwargs, type PyObject, typeName, type Value } from "./values.js";

interface Call {
  readonly args: readonly Value[];
  readonly kwargs: Kwargs;
  /** The caller's. */
  readonly context: Context;
}

/** `callee(*args, **kwargs)`. @throws JinjaError TypeError when it cannot be called */
export function call(callee: Value, { args, kwargs, context }: Call): Value {
  if (typeof callee === "object" && callee !== null && !Array.isArray(callee)) {
    if (callee.call) return callee.call(args, kwargs, context);
    if (callee instanceof Undefined) return callee.fail();
  }
  throw typeError(`'${typeName(callee)}' object is not callable`);
}

export const isCallable = (value: Value): boolean =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  ((value as PyObject).call !== undefined || value instanceof Undefined);

/** The values of `*arg` in a call. */
export function spreadArguments(value: Value): Value[] {
  iterate(value);
  return toList(value);
}

/** Adds the entries of `**arg` to the keyword arguments of a call. */
export function spreadKeywords(kwargs: Map<string, Value>, value: Value): void {
  if (value instanceof Undefined) value.fail();
  if (!(value instanceof Dict)) throw typeError(`argument after ** must be a mapping, not ${typeName(value)}`);
  for (const [key, item] of value.pairs()) {
    if (typeof key !== "string") throw typeError("keywords must be strings");
    if (kwargs.has(key)) throw typeError(`got multiple values for keyword argument '${key}'`);
    kwargs.set(key, item);
  }
}
