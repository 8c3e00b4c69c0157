import { runtimeError, typeError } from "../errors.js";
import { chargeOutput, tick } from "../limits.js";
import { truthy } from "../runtime/iterate.js";
import { Markup, textOf } from "../runtime/markup.js";
import { toHtml } from "../runtime/operators.js";
import { str } from "../runtime/printing.js";
import { renderBlock } from "../runtime/template-objects.js";
import { typeName, type Value } from "../runtime/values.js";
import type { NodeOf, Stmt } from "../syntax/nodes.js";
import { compileAssign, compileBlockSet, compileWith } from "./assign.js";
import type { Compiler } from "./compiler.js";
import { compileExpression } from "./expression.js";
import { compileFor } from "./for.js";
import { type Execute, type Frame, pack } from "./frame.js";
import { compileFromImport, compileImport, compileInclude } from "./import.js";
import { compileCallBlock, compileMacro } from "./macro.js";
import { captureLocals, enterScope, innerScope, leaveScope, type Scope, sequence, softScope } from "./scope.js";

/** Compiles a statement; undefined when it can never do anything. */
export function compileStatement(compiler: Compiler, node: Stmt, scope: Scope): Execute | undefined {
  switch (node.typename) {
    case "Output":
      return compileOutput(compiler, node, scope);
    case "Extends":
      return compileExtends(compiler, node, scope);
    case "Block":
      return compileBlock(compiler, node, scope);
    case "Include":
      return compileInclude(compiler, node, scope);
    case "Import":
      return compileImport(compiler, node, scope);
    case "FromImport":
      return compileFromImport(compiler, node, scope);
    case "Macro":
      return compileMacro(compiler, node, scope);
    case "Caller":
      return compileCallBlock(compiler, node, scope);
    case "Set":
      return compileAssign(compiler, node, scope);
    case "BlockSet":
      return compileBlockSet(compiler, node, scope);
    case "FilterBlock":
      return compileFilterBlock(compiler, node, scope);
    case "For":
      return compileFor(compiler, node, scope);
    case "If":
      return compileIf(compiler, node, scope);
    case "With":
      return compileWith(compiler, node, scope);
    case "Autoescape":
      return compileAutoescape(compiler, node, scope);
    case "Do": {
      const value = compileExpression(compiler, node.value, scope);
      return (frame) => {
        value(frame);
      };
    }
  }
}

/** The text a call or filter block gives; unlike print tags, these print nothing else. @throws JinjaError TypeError */
export function mustBeText(value: Value): string {
  const text = textOf(value);
  if (text === undefined) throw typeError(`sequence item 0: expected str instance, ${typeName(value)} found`);
  return text;
}

/** Appends text to a frame's output. */
export function write(frame: Frame, text: string): void {
  chargeOutput(text.length);
  frame.out += text;
}

function compileOutput(compiler: Compiler, node: NodeOf<"Output">, scope: Scope): Execute | undefined {
  if (scope.outputCheck && compiler.hasKnownExtends) return undefined;
  const { autoescape, volatile } = compiler.escape;
  const steps = node.items.map((item): Execute => {
    if (item.typename === "TemplateData") {
      const { data } = item;
      return (frame) => write(frame, data);
    }
    const value = compileExpression(compiler, item, scope);
    const at = pack(item);
    if (autoescape || volatile) return escapedOutput(value, at, volatile);
    return (frame) => {
      const result = value(frame);
      tick();
      if (typeof result === "string") write(frame, result);
      else {
        frame.at = at;
        write(frame, str(result));
      }
    };
  });
  const all = sequence(steps);
  if (!scope.outputCheck) return all;
  return (frame) => {
    if (!frame.parentTemplate) all(frame);
  };
}

function escapedOutput(value: (frame: Frame) => Value, at: number, volatile: boolean): Execute {
  return (frame) => {
    const result = value(frame);
    tick();
    frame.at = at;
    const plain = volatile && !frame.context.evalState.autoescape;
    write(frame, plain ? str(result) : toHtml(result, str).text);
  };
}

function compileExtends(compiler: Compiler, node: NodeOf<"Extends">, scope: Scope): Execute {
  if (!scope.toplevel) compiler.fail("cannot use extend from a non top-level scope", node);
  const at = pack(node);
  const name = compileExpression(compiler, node.template, scope);
  if (scope.rootlevel) compiler.hasKnownExtends = true;
  compiler.extendsSoFar++;
  return (frame) => {
    frame.at = at;
    if (frame.parentTemplate) throw runtimeError("extended multiple times");
    const wanted = name(frame);
    frame.at = at;
    const parent = frame.context.environment.templateFor(wanted);
    frame.parentTemplate = parent;
    const { blocks } = frame.context;
    for (const [blockName, block] of parent.blocks) {
      const stack = blocks.get(blockName);
      if (stack) stack.push(block);
      else blocks.set(blockName, [block]);
    }
  };
}

function compileBlock(compiler: Compiler, node: NodeOf<"Block">, scope: Scope): Execute | undefined {
  if (scope.toplevel && compiler.hasKnownExtends) return undefined;
  const onlyWithoutParent = scope.toplevel && compiler.extendsSoFar > 0;
  const { name, required } = node;
  const at = pack(node);
  const locals = node.scoped ? captureLocals(scope) : undefined;
  return (frame) => {
    if (onlyWithoutParent && frame.parentTemplate) return;
    frame.at = at;
    const stack = frame.context.blocks.get(name) ?? [];
    if (required && stack.length <= 1) throw runtimeError(`Required block '${name}' not found`);
    const context = locals ? frame.context.derived(locals(frame)) : frame.context;
    frame.out += renderBlock(stack[0], context);
  };
}

function compileFilterBlock(compiler: Compiler, node: NodeOf<"FilterBlock">, scope: Scope): Execute {
  const inner = innerScope(scope);
  inner.symbols.analyze([...node.body, node.filter]);
  const enter = enterScope(inner);
  const body = compiler.statements(node.body, inner);
  const filter = compileExpression(compiler, node.filter, inner);
  const leave = leaveScope(inner);
  return (frame) => {
    const text = captured(frame, () => {
      enter(frame);
      body(frame);
      return filter(frame);
    });
    leave(frame);
    write(frame, mustBeText(text));
  };
}

/** Runs `work` with an output of its own and restores the frame's. */
export function captured<T>(frame: Frame, work: () => T): T {
  const before = frame.out;
  frame.out = "";
  try {
    return work();
  } finally {
    frame.out = before;
  }
}

/** Text that was captured, as the value it is: marked where output is escaped. */
export const capturedText = (frame: Frame, value: Value): Value =>
  frame.context.evalState.autoescape && !(value instanceof Markup) ? new Markup(str(value)) : value;

function compileIf(compiler: Compiler, node: NodeOf<"If">, scope: Scope): Execute {
  const soft = softScope(scope);
  const branches = [node, ...node.elif_].map((branch) => ({
    at: pack(branch),
    cond: compileExpression(compiler, branch.cond, soft),
    body: compiler.statements(branch.body, soft),
  }));
  const else_ = compiler.statements(node.else_, soft);
  return (frame) => {
    for (const { at, cond, body } of branches) {
      const test = cond(frame);
      if (test === true || (test !== false && truthyAt(frame, test, at))) {
        body(frame);
        return;
      }
    }
    else_(frame);
  };
}

function truthyAt(frame: Frame, value: Value, at: number): boolean {
  frame.at = at;
  return truthy(value);
}

function compileAutoescape(compiler: Compiler, node: NodeOf<"Autoescape">, scope: Scope): Execute {
  const inner = innerScope(scope);
  inner.symbols.analyze([node.value, ...node.body]);
  const enter = enterScope(inner);
  const leave = leaveScope(inner);
  const value = compileExpression(compiler, node.value, inner);
  const outer = compiler.escape;
  const { value: constant } = node.value.typename === "Literal" ? node.value : { value: undefined };
  compiler.escape = constant === undefined ? { ...outer, volatile: true } : { ...outer, autoescape: truthy(constant) };
  const body = compiler.statements(node.body, inner);
  compiler.escape = outer;
  return (frame) => {
    enter(frame);
    const { evalState } = frame.context;
    const before = evalState.autoescape;
    evalState.autoescape = truthy(value(frame));
    try {
      body(frame);
    } finally {
      evalState.autoescape = before;
    }
    leave(frame);
  };
}
