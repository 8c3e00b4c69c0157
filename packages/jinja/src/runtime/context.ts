import type { Environment } from "../environment.js";
import { Undefined } from "./undefined.js";
import type { Value } from "./values.js";

/** Renders one block with a context. */
export interface BlockFunction {
  readonly name: string;
  render(context: Context): string;
}

/** Whether output is escaped; shared by a template and what it includes into its context. */
export interface EvalState {
  autoescape: boolean;
}

/** The variables of one template run and the blocks that apply to it. */
export class Context {
  /** What the template itself set at its top level. */
  readonly vars = new Map<string, Value>();
  readonly exported = new Set<string>();

  constructor(
    readonly environment: Environment,
    readonly template: string,
    /** What the caller gave, and the globals. */
    readonly parent: ReadonlyMap<string, Value>,
    readonly blocks: Map<string, BlockFunction[]>,
    readonly evalState: EvalState,
  ) {}

  resolve(name: string): Value | undefined {
    // Not `??`: None is a value.
    const own = this.vars.get(name);
    return own === undefined ? this.parent.get(name) : own;
  }

  undefinedName(name: string): Value {
    return new Undefined(this.environment.undefinedKind, { name });
  }

  undefined(hint: string, name?: string): Value {
    return new Undefined(this.environment.undefinedKind, name === undefined ? { hint } : { hint, name });
  }

  /** All variables, the template's own winning. */
  all(): ReadonlyMap<string, Value> {
    return this.vars.size === 0 ? this.parent : new Map([...this.parent, ...this.vars]);
  }

  /** A context that also sees `locals`; what is set in it stays there. */
  derived(locals: ReadonlyMap<string, Value>): Context {
    const blocks = new Map(Array.from(this.blocks, ([name, stack]) => [name, [...stack]]));
    return new Context(this.environment, this.template, merge(this.all(), locals), blocks, this.evalState);
  }
}

export function merge(base: ReadonlyMap<string, Value>, extra: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  return extra.size === 0 ? base : new Map([...base, ...extra]);
}
