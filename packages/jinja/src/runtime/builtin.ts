import { typeError } from "../errors.js";
import { tick } from "../limits.js";
import type { Context } from "./context.js";
import { type Kwargs, noKwargs, type PyObject, type Value } from "./values.js";

/** `*` and `**` arrive as an array and as a Map. */
type Argument = Value | Kwargs | undefined;

/** Written as a method so that bodies may declare the parameters they know they get. */
interface Body {
  run(context: Context, ...args: readonly Argument[]): Value;
}

interface Signature {
  readonly names: readonly string[];
  readonly required: number;
  readonly positionalOnly: boolean;
  readonly rest: boolean;
  readonly kwRest: boolean;
}

/**
 * A function of ours as templates call it: a name, its parameters and a body. Parameters that may be left out end in `=`
 * and arrive as undefined; a leading `/` refuses keywords; `*` passes all further arguments as one array, `**` the
 * keyword arguments as a Map, both last.
 */
export interface Builtin {
  readonly name: string;
  call(context: Context, args: readonly Value[], kwargs: Kwargs): Value;
}

function parseSignature(text: string): Signature {
  const positionalOnly = text.startsWith("/");
  const parts = text
    .replace("/", "")
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
  const named = parts.filter((part) => !part.startsWith("*"));
  return {
    names: named.map((part) => part.replace("=", "")),
    required: named.filter((part) => !part.endsWith("=")).length,
    positionalOnly,
    rest: parts.includes("*"),
    kwRest: parts.includes("**"),
  };
}

export function builtin(name: string, signatureText: string, run: Body["run"]): Builtin {
  const signature = parseSignature(signatureText);
  const simple = !signature.rest && !signature.kwRest;
  return {
    name,
    call(context, args, kwargs) {
      tick();
      if (simple && kwargs.size === 0 && args.length >= signature.required && args.length <= signature.names.length) {
        return run(context, ...args);
      }
      return run(context, ...bind(name, signature, args, kwargs));
    },
  };
}

function bind(name: string, signature: Signature, args: readonly Value[], kwargs: Kwargs): Argument[] {
  const { names, required, rest, kwRest, positionalOnly } = signature;
  const bound: (Value | undefined)[] = names.map((_, i) => args[i]);
  if (args.length > names.length && !rest) {
    throw typeError(`${name}() takes at most ${names.length} argument(s) (${args.length} given)`);
  }
  const others = new Map<string, Value>();
  for (const [key, value] of kwargs) {
    const at = positionalOnly ? -1 : names.indexOf(key);
    if (at >= 0) {
      if (bound[at] !== undefined) throw typeError(`${name}() got multiple values for argument '${key}'`);
      bound[at] = value;
    } else if (kwRest) {
      others.set(key, value);
    } else {
      throw typeError(`${name}() got an unexpected keyword argument '${key}'`);
    }
  }
  const missing = bound.findIndex((value, i) => value === undefined && i < required);
  if (missing >= 0) throw typeError(`${name}() missing required argument '${names[missing]}'`);
  const out: Argument[] = bound;
  if (rest) out.push(args.slice(names.length));
  if (kwRest) out.push(others);
  return out;
}

/** A builtin as a value: bound to an object, or a global. */
export class PyFunction implements PyObject {
  readonly pyType: string = "builtin_function_or_method";
  constructor(
    readonly builtin: Builtin,
    readonly context: Context,
    readonly self?: Value,
  ) {}
  repr(): string {
    return `<built-in function ${this.builtin.name}>`;
  }
  call(args: readonly Value[], kwargs: Kwargs = noKwargs): Value {
    const all = this.self === undefined ? args : [this.self, ...args];
    return this.builtin.call(this.context, all, kwargs);
  }
}

/** A table of builtins by name; a Map, so no name reaches a prototype. */
export type Builtins = ReadonlyMap<string, Builtin>;

/** Collects builtins written as `[name, signature, body]`. */
export function builtins(entries: readonly (readonly [string, string, Body["run"]])[]): Builtins {
  return new Map(entries.map(([name, signature, run]) => [name, builtin(name, signature, run)]));
}
