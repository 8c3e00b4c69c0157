import { runtimeError, typeError } from "../errors.js";
import { type Builtins, builtins, PyFunction } from "./builtin.js";
import { type Dict, Tuple } from "./collections.js";
import type { Context } from "./context.js";
import type { Kwargs, PyObject, Value } from "./values.js";

/** `namespace(...)`: the one object whose attributes a template may set. */
export class Namespace implements PyObject {
  readonly pyType = "Namespace";
  readonly pyModule = "jinja2.utils";
  constructor(readonly attributes: Dict) {}
  repr(): string {
    return `<Namespace ${this.attributes.repr()}>`;
  }
  attribute(name: string): Value | undefined {
    return this.attributes.get(name);
  }
}

/** `cycler(...)`. */
export class Cycler implements PyObject {
  readonly pyType = "Cycler";
  readonly pyModule = "jinja2.utils";
  #position = 0;
  constructor(
    readonly context: Context,
    readonly items: readonly Value[],
  ) {
    if (items.length === 0) throw runtimeError("at least one item has to be provided");
  }
  get current(): Value {
    return this.items[this.#position] as Value;
  }
  next(): Value {
    const item = this.current;
    this.#position = (this.#position + 1) % this.items.length;
    return item;
  }
  reset(): null {
    this.#position = 0;
    return null;
  }
  repr(): string {
    return "<jinja2.utils.Cycler object>";
  }
  attribute(name: string): Value | undefined {
    if (name === "current") return this.current;
    if (name === "pos") return this.#position;
    if (name === "items") return new Tuple(this.items);
    const method = cyclerMethods.get(name);
    return method && new PyFunction(method, this.context, this);
  }
}

const cyclerMethods: Builtins = builtins([
  ["next", "/self", (_, self: Cycler) => self.next()],
  ["reset", "/self", (_, self: Cycler) => self.reset()],
]);

/** `joiner(sep)`: nothing the first time, the separator ever after. */
export class Joiner implements PyObject {
  readonly pyType = "Joiner";
  readonly pyModule = "jinja2.utils";
  #used = false;
  constructor(readonly separator: Value) {}
  repr(): string {
    return "<jinja2.utils.Joiner object>";
  }
  attribute(name: string): Value | undefined {
    return name === "sep" ? this.separator : name === "used" ? this.#used : undefined;
  }
  call(args: readonly Value[], kwargs: Kwargs): Value {
    if (args.length > 0 || kwargs.size > 0) throw typeError("Joiner.__call__() takes no arguments");
    if (this.#used) return this.separator;
    this.#used = true;
    return "";
  }
}
