import { typeError } from "../errors.js";
import { enterCall, leaveCall } from "../limits.js";
import { Dict, Tuple } from "./collections.js";
import type { Context } from "./context.js";
import { Markup } from "./markup.js";
import { repr } from "./printing.js";
import type { Kwargs, PyObject, Value } from "./values.js";

/** What a macro takes, known when it is compiled. */
export interface MacroSignature {
  readonly name: string | null;
  readonly args: readonly string[];
  readonly usesKwargs: boolean;
  readonly usesVarargs: boolean;
  readonly usesCaller: boolean;
}

/** Runs the macro; arguments not given are undefined. Order: the named ones, caller, kwargs, varargs as far as used. */
type MacroBody = (args: readonly (Value | undefined)[]) => string;

/** A macro, or the body of a call block as `caller`. */
export class Macro implements PyObject {
  readonly pyType = "Macro";
  readonly pyModule = "jinja2.runtime";
  constructor(
    readonly context: Context,
    readonly signature: MacroSignature,
    readonly body: MacroBody,
  ) {}

  repr(): string {
    const { name } = this.signature;
    return `<Macro ${name === null ? "anonymous" : repr(name)}>`;
  }

  attribute(name: string): Value | undefined {
    const { signature } = this;
    switch (name) {
      case "name":
        return signature.name;
      case "arguments":
        return new Tuple(signature.args);
      case "catch_kwargs":
        return signature.usesKwargs;
      case "catch_varargs":
        return signature.usesVarargs;
      case "caller":
        return signature.usesCaller;
      case "explicit_caller":
        return signature.args.includes("caller");
      default:
        return undefined;
    }
  }

  call(args: readonly Value[], kwargs: Kwargs, caller: Context = this.context): Value {
    const bound = this.#bind(args, kwargs);
    enterCall();
    try {
      const text = this.body(bound);
      return caller.evalState.autoescape ? new Markup(text) : text;
    } finally {
      leaveCall();
    }
  }

  #bind(args: readonly Value[], kwargs: Kwargs): (Value | undefined)[] {
    const { args: names, name, usesCaller, usesKwargs, usesVarargs } = this.signature;
    const count = names.length;
    const bound: (Value | undefined)[] = args.slice(0, count);
    if (kwargs.size === 0 && !usesCaller && !usesKwargs && !usesVarargs && args.length <= count) return bound;
    const left = new Map(kwargs);
    // With all positions filled a caller keyword has nowhere to go but the implicit parameter.
    let foundCaller = bound.length === count && names.includes("caller");
    for (const parameter of names.slice(bound.length)) {
      bound.push(left.get(parameter));
      left.delete(parameter);
      if (parameter === "caller") foundCaller = true;
    }
    if (usesCaller && !foundCaller) {
      bound.push(left.get("caller") ?? this.context.undefined("No caller defined", "caller"));
      left.delete("caller");
    }
    if (usesKwargs) bound.push(Dict.of(left));
    else if (left.size > 0) this.#refuse(left, name);
    if (usesVarargs) bound.push(new Tuple(args.slice(count)));
    else if (args.length > count) throw typeError(`macro ${repr(name)} takes not more than ${count} argument(s)`);
    return bound;
  }

  #refuse(left: Kwargs, name: string | null): never {
    if (left.has("caller")) {
      throw typeError(
        `macro ${repr(name)} was invoked with two values for the special caller argument. This is most likely a bug.`,
      );
    }
    const [first = ""] = left.keys();
    throw typeError(`macro ${repr(name)} takes no keyword argument ${repr(first)}`);
  }
}
