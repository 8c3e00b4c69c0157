import { JinjaError } from "../errors.js";
import { repr } from "./printing.js";
import { type PyObject, typeName, type Value } from "./values.js";

/** How a name nobody set behaves: prints nothing, fails on any use, or gives more of itself for attributes. */
export type UndefinedKind = "lenient" | "strict" | "chainable" | "debug";

interface UndefinedOrigin {
  /** The whole message, where "x is undefined" would not do. */
  readonly hint?: string;
  /** What had no such attribute or element. */
  readonly object?: Value;
  readonly name?: Value;
  /** Class of the error, `UndefinedError` unless said otherwise. */
  readonly pythonType?: string;
}

/** What a name, attribute or element that does not exist evaluates to. */
export class Undefined implements PyObject {
  readonly pyModule = "jinja2.runtime";
  readonly pyType: string;
  readonly isStrict: boolean;

  constructor(
    readonly flavour: UndefinedKind,
    readonly origin: UndefinedOrigin,
  ) {
    this.isStrict = flavour === "strict";
    this.pyType = { lenient: "", strict: "Strict", chainable: "Chainable", debug: "Debug" }[flavour].concat(
      "Undefined",
    );
  }

  get message(): string {
    const { hint, object, name = null } = this.origin;
    if (hint) return hint;
    if (object === undefined) return `${repr(name)} is undefined`;
    const owner = describeType(object);
    if (typeof name !== "string") return `${owner} has no element ${repr(name)}`;
    return `'${owner}' has no attribute ${repr(name)}`;
  }

  fail(): never {
    throw new JinjaError(this.origin.pythonType ?? "UndefinedError", this.message);
  }
  refuseComparison(): void {
    if (this.isStrict) this.fail();
  }
  repr(): string {
    return "Undefined";
  }
  str(): string {
    if (this.isStrict) this.fail();
    if (this.flavour !== "debug") return "";
    const { hint, object, name = null } = this.origin;
    if (hint) return `{{ undefined value printed: ${hint} }}`;
    if (object === undefined) return `{{ ${typeof name === "string" ? name : repr(name)} }}`;
    return `{{ no such element: ${describeType(object)}[${repr(name)}] }}`;
  }
  truthy(): boolean {
    if (this.isStrict) this.fail();
    return false;
  }
  length(): number {
    if (this.isStrict) this.fail();
    return 0;
  }
  iterate(): Iterator<Value> {
    if (this.isStrict) this.fail();
    return ([] as Value[])[Symbol.iterator]();
  }
  hashKey(): unknown {
    if (this.isStrict) this.fail();
    return undefinedHash;
  }
}

const undefinedHash = Symbol("undefined");

/** A type as the messages name it: `dict object`, `jinja2.runtime.Macro object`. */
export function describeType(value: Value): string {
  if (value === null) return "None";
  const module = typeof value === "object" && !Array.isArray(value) ? value.pyModule : undefined;
  return `${module ? `${module}.` : ""}${typeName(value)} object`;
}
