import { runtimeError } from "../errors.js";
import { methodsOf } from "../methods/index.js";
import { getAttribute } from "../runtime/attributes.js";
import type { Builtin } from "../runtime/builtin.js";
import { call, spreadArguments, spreadKeywords } from "../runtime/call.js";
import { Markup } from "../runtime/markup.js";
import { type Kwargs, noKwargs, type Value } from "../runtime/values.js";
import type { CallShape, NodeOf, Place } from "../syntax/nodes.js";
import type { Compiler } from "./compiler.js";
import { compileExpression } from "./expression.js";
import { type Evaluate, type Frame, pack } from "./frame.js";
import type { Scope } from "./scope.js";

interface Arguments {
  /** The positional arguments, after `first` where there is one. */
  args(frame: Frame, first?: Value): Value[];
  kwargs(frame: Frame): Kwargs;
}

function compileArguments(compiler: Compiler, shape: CallShape & Place, scope: Scope): Arguments {
  const at = pack(shape);
  const positional = shape.args.map((arg) => compileExpression(compiler, arg, scope));
  const named = shape.kwargs.map(({ key, value }) => ({ key, value: compileExpression(compiler, value, scope) }));
  const dynArgs = shape.dynArgs && compileExpression(compiler, shape.dynArgs, scope);
  const dynKwargs = shape.dynKwargs && compileExpression(compiler, shape.dynKwargs, scope);
  return {
    args(frame, first) {
      const out: Value[] = first === undefined ? [] : [first];
      for (const arg of positional) out.push(arg(frame));
      if (dynArgs) {
        const spread = dynArgs(frame);
        frame.at = at;
        out.push(...spreadArguments(spread));
      }
      return out;
    },
    kwargs(frame) {
      if (named.length === 0 && !dynKwargs) return noKwargs;
      const out = new Map<string, Value>();
      for (const { key, value } of named) {
        if (out.has(key)) throw runtimeError(`keyword argument repeated: ${key}`);
        out.set(key, value(frame));
      }
      if (dynKwargs) {
        const spread = dynKwargs(frame);
        frame.at = at;
        spreadKeywords(out, spread);
      }
      return out;
    },
  };
}

/** Compiles a call; `caller` is what a call block passes on. */
export function compileCall(
  compiler: Compiler,
  node: NodeOf<"FunCall">,
  scope: Scope,
  caller?: (frame: Frame) => Value,
): Evaluate {
  const at = pack(node);
  const { args, kwargs } = compileArguments(compiler, node, scope);
  if (node.target.typename === "Getattr" && !caller) return compileMethodCall(compiler, node, scope);
  const target = compileExpression(compiler, node.target, scope);
  return (frame) => {
    const callee = target(frame);
    const positional = args(frame);
    let named = kwargs(frame);
    if (caller) named = new Map([...named, ["caller", caller(frame)]]);
    frame.at = at;
    return call(callee, { args: positional, kwargs: named, context: frame.context });
  };
}

/** `object.method(...)` without making a value of the bound method. */
function compileMethodCall(compiler: Compiler, node: NodeOf<"FunCall">, scope: Scope): Evaluate {
  if (node.target.typename !== "Getattr") return compiler.fail("no method call", node);
  const { attr } = node.target;
  const at = pack(node);
  const attributeAt = pack(node.target);
  const target = compileExpression(compiler, node.target.target, scope);
  const { args, kwargs } = compileArguments(compiler, node, scope);
  return (frame) => {
    const object = target(frame);
    frame.at = attributeAt;
    const method = methodsOf(object)?.get(attr);
    if (method) {
      const positional = args(frame, object);
      const named = kwargs(frame);
      frame.at = at;
      return method.call(frame.context, positional, named);
    }
    const callee = getAttribute(frame.context, object, attr);
    const positional = args(frame);
    const named = kwargs(frame);
    frame.at = at;
    return call(callee, { args: positional, kwargs: named, context: frame.context });
  };
}

/** A filter or test by name. One that does not exist fails at once, or when reached if a condition may avoid it. */
function lookUp(compiler: Compiler, kind: "filter" | "test", node: Place & { name: string }, scope: Scope): Builtin {
  const table = kind === "filter" ? compiler.options.filters : compiler.options.tests;
  const found = table.get(node.name);
  if (found) return found;
  if (!scope.soft) compiler.fail(`No ${kind} named '${node.name}'.`, node);
  return {
    name: node.name,
    call() {
      throw runtimeError(`No ${kind} named '${node.name}' found.`);
    },
  };
}

/** Compiles a filter; without a target it filters the text its block has written. */
export function compileFilter(compiler: Compiler, node: NodeOf<"Filter">, scope: Scope): Evaluate {
  const at = pack(node);
  const filter = lookUp(compiler, "filter", node, scope);
  const target = node.target ? compileExpression(compiler, node.target, scope) : writtenText(compiler);
  const { args, kwargs } = compileArguments(compiler, node, scope);
  return (frame) => {
    const positional = args(frame, target(frame));
    const named = kwargs(frame);
    frame.at = at;
    return filter.call(frame.context, positional, named);
  };
}

function writtenText(compiler: Compiler): Evaluate {
  const { autoescape, volatile } = compiler.escape;
  return (frame) => {
    const escaped = volatile ? frame.context.evalState.autoescape : autoescape;
    return escaped ? new Markup(frame.out) : frame.out;
  };
}

/** Compiles `value is test(...)`. */
export function compileTest(compiler: Compiler, node: NodeOf<"Is">, scope: Scope): Evaluate {
  const at = pack(node);
  const test = lookUp(compiler, "test", node, scope);
  const target = compileExpression(compiler, node.target, scope);
  const { args, kwargs } = compileArguments(compiler, node, scope);
  return (frame) => {
    const positional = args(frame, target(frame));
    const named = kwargs(frame);
    frame.at = at;
    return test.call(frame.context, positional, named);
  };
}
