import type { Value } from "../runtime/values.js";
import type { Expr, Place } from "../syntax/nodes.js";
import type { Compiler } from "./compiler.js";
import type { Execute, Frame } from "./frame.js";
import { FunctionScope, type Ref, Symbols } from "./symbols.js";

/** What the compiler knows of the place a statement stands in. */
export interface Scope {
  readonly symbols: Symbols;
  readonly fn: FunctionScope;
  /** Directly in the template, or in an if there: names set here are exported. */
  readonly toplevel: boolean;
  /** Directly in the template. */
  readonly rootlevel: boolean;
  /** Inside a condition, where a filter or test that does not exist matters only when reached. */
  readonly soft: boolean;
  /** Text here is discarded once the template extends another. */
  readonly outputCheck: boolean;
}

/** A scope inside `outer`, in the same function or at the start of the new one `fn`. */
export function innerScope(outer: Scope, fn: FunctionScope = outer.fn): Scope {
  return {
    symbols: new Symbols(fn, outer.symbols),
    fn,
    toplevel: false,
    rootlevel: false,
    soft: false,
    outputCheck: outer.outputCheck,
  };
}

/** The same scope inside a condition. */
export const softScope = (scope: Scope): Scope => ({ ...scope, rootlevel: false, soft: true });

/** The first scope of a function that belongs to no other. */
export function rootScope(outputCheck: boolean, toplevel: boolean): Scope {
  const fn = new FunctionScope(undefined);
  return { symbols: new Symbols(fn, undefined), fn, toplevel, rootlevel: toplevel, soft: false, outputCheck };
}

type Slots = (frame: Frame) => (Value | undefined)[];

/** Finds the slots of `ref` from a frame of `from`: the frame's own, or those of a function around it. */
export function slotsOf(ref: Ref, from: FunctionScope): Slots {
  let hops = 0;
  for (let fn: FunctionScope | undefined = from; fn && fn !== ref.scope; fn = fn.parent) hops++;
  if (hops === 0) return (frame) => frame.slots;
  if (hops === 1) return (frame) => frame.up?.slots ?? frame.slots;
  return (frame) => {
    let at: Frame | undefined = frame;
    for (let i = 0; i < hops; i++) at = at?.up;
    return at?.slots ?? frame.slots;
  };
}

const nothing: Execute = () => {};

/** Gives the variables of a scope the values they begin with. */
export function enterScope({ symbols, fn }: Scope): Execute {
  const steps: Execute[] = [];
  for (const [ref, load] of symbols.loads) {
    const { slot } = ref;
    if (load.kind === "resolve") {
      const { name } = load;
      steps.push((frame) => {
        frame.slots[slot] = frame.context.resolve(name);
      });
    } else if (load.kind === "alias") {
      const slots = slotsOf(load.ref, fn);
      const from = load.ref.slot;
      steps.push((frame) => {
        frame.slots[slot] = slots(frame)[from];
      });
    } else if (load.kind === "undefined") {
      steps.push((frame) => {
        frame.slots[slot] = undefined;
      });
    }
  }
  return sequence(steps);
}

/** Forgets the variables of a scope that ends before its function does. */
export function leaveScope({ symbols }: Scope): Execute {
  const slots = Array.from(symbols.loads.keys(), (ref) => ref.slot);
  if (slots.length === 0) return nothing;
  return (frame) => {
    for (const slot of slots) frame.slots[slot] = undefined;
  };
}

/** Several statements as one. */
export function sequence(steps: readonly Execute[]): Execute {
  const [a, b, c] = steps;
  if (!a) return nothing;
  if (!b) return a;
  if (!c) {
    return (frame) => {
      a(frame);
      b(frame);
    };
  }
  return (frame) => {
    for (const step of steps) step(frame);
  };
}

/** The variables set so far, for what sees them by name: includes, imports and scoped blocks. */
export function captureLocals({ symbols, fn }: Scope): (frame: Frame) => Map<string, Value> {
  const captures = Array.from(symbols.allStores(), ([name, ref]) => ({
    name,
    slots: slotsOf(ref, fn),
    slot: ref.slot,
  }));
  return (frame) => {
    const locals = new Map<string, Value>();
    for (const { name, slots, slot } of captures) {
      const value = slots(frame)[slot];
      if (value !== undefined) locals.set(name, value);
    }
    return locals;
  };
}

/** A part of the compiler: turns one kind of node into a closure. */
export type CompileExpression<N extends Place = Expr> = (
  compiler: Compiler,
  node: N,
  scope: Scope,
) => (frame: Frame) => Value;
