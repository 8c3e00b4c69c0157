import { enterCall, leaveCall, tick } from "../limits.js";
import { PyIterator } from "../runtime/collections.js";
import { iterate, truthy } from "../runtime/iterate.js";
import { LoopContext } from "../runtime/loop.js";
import { Markup } from "../runtime/markup.js";
import type { Value } from "../runtime/values.js";
import { type AnyNode, eachChild, type NodeOf } from "../syntax/nodes.js";
import { compileTarget } from "./assign.js";
import type { Compiler } from "./compiler.js";
import { compileExpression } from "./expression.js";
import { type Execute, Frame, pack, runFrame } from "./frame.js";
import { enterScope, innerScope, leaveScope, type Scope } from "./scope.js";
import { write } from "./statement.js";
import { FunctionScope } from "./symbols.js";

/** One turn of a loop, ready to run for each item. */
interface Turns {
  readonly each: (frame: Frame, item: Value) => void;
  /** Runs after the loop, `ran` telling whether there was a turn. */
  readonly after: (frame: Frame, ran: boolean) => void;
}

/** `{% for %}`, with all its variants. */
export function compileFor(compiler: Compiler, node: NodeOf<"For">, scope: Scope): Execute {
  checkLoopName(compiler, node);
  const fn = node.recursive ? new FunctionScope(scope.fn) : scope.fn;
  const inner = innerScope(scope, fn);
  const extended = node.recursive || node.hasScopedBlock || compiler.undeclared(node.body, ["loop"]).has("loop");
  const loopSlot = extended ? inner.symbols.declareParameter("loop").slot : undefined;
  inner.symbols.analyze([node.target], true);
  inner.symbols.analyze(node.body);
  const select = compileSelect(compiler, node, scope);
  const turns = compileTurns(compiler, node, scope, inner);
  const iter = compileExpression(compiler, node.iter, scope);
  const at = pack(node);
  if (node.recursive) return compileRecursive(compiler, { fn, at, iter, select, turns, loopSlot: loopSlot ?? 0 });
  return (frame) => {
    const source = iter(frame);
    frame.at = at;
    const items = select ? select(frame, source) : source;
    if (loopSlot !== undefined)
      runExtended(frame, { turns, loopSlot, loop: new LoopContext(frame.context, items, 0, undefined) });
    else runPlain(frame, turns, items);
  };
}

function checkLoopName(compiler: Compiler, node: NodeOf<"For">): void {
  if (!compiler.root.names.has("loop")) return;
  const search = (child: AnyNode): void => {
    if (child.typename === "Symbol" && child.use === "store" && child.name === "loop") {
      compiler.fail("Can't assign to special loop variable in for-loop target", child);
    }
    eachChild(child, search);
  };
  search(node);
}

function compileTurns(compiler: Compiler, node: NodeOf<"For">, scope: Scope, inner: Scope): Turns {
  const assign = compileTarget(compiler, node.target, inner);
  const enter = enterScope(inner);
  const body = compiler.statements(node.body, inner);
  const leave = leaveScope(inner);
  const elseScope = innerScope(scope, inner.fn);
  elseScope.symbols.analyze(node.else_);
  const elseEnter = enterScope(elseScope);
  const else_ = compiler.statements(node.else_, elseScope);
  const elseLeave = leaveScope(elseScope);
  const hasElse = node.else_.length > 0;
  return {
    each(frame, item) {
      tick();
      assign(frame, item);
      enter(frame);
      body(frame);
    },
    after(frame, ran) {
      leave(frame);
      if (ran || !hasElse) return;
      elseEnter(frame);
      else_(frame);
      elseLeave(frame);
    },
  };
}

type Select = (frame: Frame, source: Value) => Value;

/** The `if` of a for: a generator with variables of its own, asked for one item at a time. */
function compileSelect(compiler: Compiler, node: NodeOf<"For">, scope: Scope): Select | undefined {
  if (!node.test) return undefined;
  const fn = new FunctionScope(scope.fn);
  const inner = innerScope(scope, fn);
  inner.symbols.analyze([node.target], true);
  inner.symbols.analyze([node.test]);
  const enter = enterScope(inner);
  const assign = compileTarget(compiler, node.target, inner);
  const test = compileExpression(compiler, node.test, inner);
  const at = pack(node.test);
  const { template } = compiler;
  function* selected(outer: Frame, source: Value): Generator<Value> {
    const frame = new Frame(outer.context, fn.slots, outer);
    const items = iterate(source);
    const holds = (item: Value): boolean => {
      tick();
      let result = false;
      runFrame(frame, template, () => {
        frame.at = at;
        assign(frame, item);
        const value = test(frame);
        frame.at = at;
        result = truthy(value);
      });
      return result;
    };
    enter(frame);
    for (let next = items.next(); !next.done; next = items.next()) if (holds(next.value)) yield next.value;
  }
  return (frame, source) => new PyIterator(selected(frame, source));
}

function runPlain(frame: Frame, turns: Turns, items: Value): void {
  let ran = false;
  if (Array.isArray(items)) {
    // By index, so that a list that grows meanwhile is walked to its new end, as in Python.
    for (let i = 0; i < items.length; i++) {
      ran = true;
      turns.each(frame, items[i] as Value);
    }
  } else {
    const iterator = iterate(items);
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      ran = true;
      turns.each(frame, next.value);
    }
  }
  turns.after(frame, ran);
}

interface Extended {
  readonly turns: Turns;
  readonly loopSlot: number;
  readonly loop: LoopContext;
}

function runExtended(frame: Frame, { turns, loopSlot, loop }: Extended): void {
  let ran = false;
  for (let item = loop.next(); item !== undefined; item = loop.next()) {
    ran = true;
    frame.slots[loopSlot] = loop;
    turns.each(frame, item);
  }
  turns.after(frame, ran);
}

interface Recursive {
  readonly fn: FunctionScope;
  readonly at: number;
  readonly iter: (frame: Frame) => Value;
  readonly select: Select | undefined;
  readonly turns: Turns;
  readonly loopSlot: number;
}

function compileRecursive(compiler: Compiler, { fn, at, iter, select, turns, loopSlot }: Recursive): Execute {
  const { template } = compiler;
  const { autoescape, volatile } = compiler.escape;
  return (outer) => {
    const { context } = outer;
    const recurse = (source: Value, depth: number): Value => {
      enterCall();
      const frame = new Frame(context, fn.slots, outer);
      const text = runFrame(frame, template, () => {
        frame.at = at;
        const items = select ? select(outer, source) : source;
        runExtended(frame, { turns, loopSlot, loop: new LoopContext(context, items, depth, recurse) });
      });
      leaveCall();
      return (volatile ? context.evalState.autoescape : autoescape) ? new Markup(text) : text;
    };
    const source = iter(outer);
    outer.at = at;
    const result = recurse(source, 0);
    write(outer, result instanceof Markup ? result.text : String(result));
  };
}
