import { Macro, type MacroSignature } from "../runtime/macro.js";
import type { NodeOf } from "../syntax/nodes.js";
import { compileCall } from "./call.js";
import type { Compiler } from "./compiler.js";
import { compileExpression } from "./expression.js";
import { type Execute, Frame, pack, runFrame } from "./frame.js";
import { enterScope, innerScope, type Scope } from "./scope.js";
import { mustBeText, write } from "./statement.js";
import { FunctionScope } from "./symbols.js";

type MacroNode = NodeOf<"Macro"> | NodeOf<"Caller">;

/** Declares what the body uses without naming it: caller, keyword arguments, further arguments. */
function specialParameters(compiler: Compiler, node: MacroNode, scope: Scope): MacroSignature & { slots: number[] } {
  const args = node.args.map((arg) => arg.name);
  const used = compiler.undeclared(node.body, ["caller", "kwargs", "varargs"]);
  const slots: number[] = args.map((name) => scope.symbols.find(name)?.slot ?? 0);
  const declare = (name: string): true => {
    slots.push(scope.symbols.declareParameter(name).slot);
    return true;
  };
  const callerAt = args.lastIndexOf("caller");
  if (used.has("caller") && callerAt >= 0 && callerAt < args.length - node.defaults.length) {
    compiler.fail(
      'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.',
      node,
    );
  }
  if (used.has("caller") && callerAt < 0) declare("caller");
  const usesKwargs = used.has("kwargs") && !args.includes("kwargs") && declare("kwargs");
  const usesVarargs = used.has("varargs") && !args.includes("varargs") && declare("varargs");
  const name = node.typename === "Macro" ? node.name : null;
  return { name, args, usesCaller: used.has("caller"), usesKwargs, usesVarargs, slots };
}

function compileMacroValue(compiler: Compiler, node: MacroNode, outer: Scope): (frame: Frame) => Macro {
  const fn = new FunctionScope(outer.fn);
  const inner = { ...innerScope(outer, fn), outputCheck: false };
  const analyze = (): void => inner.symbols.analyze([...node.args, ...node.defaults, ...node.body]);
  analyze();
  const { slots, ...signature } = specialParameters(compiler, node, inner);
  analyze();
  const enter = enterScope(inner);
  const firstDefault = node.args.length - node.defaults.length;
  const fill = node.args.map((arg, i) => {
    const fallback = node.defaults[i - firstDefault];
    const value = fallback && compileExpression(compiler, fallback, inner);
    const slot = slots[i] ?? 0;
    const hint = `parameter '${arg.name}' was not provided`;
    return (frame: Frame): void => {
      if (frame.slots[slot] !== undefined) return;
      frame.slots[slot] = value ? value(frame) : frame.context.undefined(hint, arg.name);
    };
  });
  const statements = compiler.statements(node.body, inner);
  const body: Execute = (frame) => {
    enter(frame);
    for (const step of fill) step(frame);
    statements(frame);
  };
  const { template } = compiler;
  const at = pack(node);
  return (outerFrame) =>
    new Macro(outerFrame.context, signature, (args) => {
      const frame = new Frame(outerFrame.context, fn.slots, outerFrame);
      frame.at = at;
      slots.forEach((slot, i) => {
        frame.slots[slot] = args[i];
      });
      return runFrame(frame, template, body);
    });
}

/** `{% macro name(args) %}`. */
export function compileMacro(compiler: Compiler, node: NodeOf<"Macro">, scope: Scope): Execute {
  const macro = compileMacroValue(compiler, node, scope);
  const slot = scope.symbols.find(node.name)?.slot ?? 0;
  const { name } = node;
  return (frame) => {
    const value = macro(frame);
    frame.slots[slot] = value;
    if (!scope.toplevel) return;
    frame.context.vars.set(name, value);
    if (!name.startsWith("_")) frame.context.exported.add(name);
  };
}

/** `{% call(args) macro() %}`. */
export function compileCallBlock(compiler: Compiler, node: NodeOf<"Caller">, scope: Scope): Execute {
  const caller = compileMacroValue(compiler, node, scope);
  const result = compileCall(compiler, node.call, scope, caller);
  return (frame) => write(frame, mustBeText(result(frame)));
}
