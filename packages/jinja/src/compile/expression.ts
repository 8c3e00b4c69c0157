import { charge, chargeItems } from "../limits.js";
import { getAttribute, getItem, getSlice } from "../runtime/attributes.js";
import { Dict, Tuple } from "../runtime/collections.js";
import { compare, contains, valuesEqual } from "../runtime/compare.js";
import { truthy } from "../runtime/iterate.js";
import { isHtml, Markup } from "../runtime/markup.js";
import * as operators from "../runtime/operators.js";
import { str } from "../runtime/printing.js";
import { Slice } from "../runtime/slices.js";
import { Undefined } from "../runtime/undefined.js";
import type { Value } from "../runtime/values.js";
import type { BinaryOperator, CompareOperator, Expr, NodeOf } from "../syntax/nodes.js";
import { compileCall, compileFilter, compileTest } from "./call.js";
import type { Compiler } from "./compiler.js";
import { type Evaluate, pack } from "./frame.js";
import { type Scope, slotsOf, softScope } from "./scope.js";

/** Compiles an expression. */
export function compileExpression(compiler: Compiler, node: Expr, scope: Scope): Evaluate {
  const sub = (child: Expr): Evaluate => compileExpression(compiler, child, scope);
  switch (node.typename) {
    case "Literal": {
      const { value } = node;
      return () => value;
    }
    case "Symbol":
      return compileName(node, scope);
    case "Group":
      return compileItems(node.items.map(sub), (items) => new Tuple(items));
    case "Array":
      return compileItems(node.items.map(sub), (items) => items);
    case "Dict":
      return compileDict(node, sub);
    case "Getattr":
      return compileAttribute(node, sub);
    case "LookupVal":
      return compileLookup(node, sub);
    case "Slice":
      return compileSlice(node, sub);
    case "FunCall":
      return compileCall(compiler, node, scope);
    case "Filter":
      return compileFilter(compiler, node, scope);
    case "Is":
      return compileTest(compiler, node, scope);
    case "InlineIf":
      return compileInlineIf(compiler, node, scope);
    case "And":
      return compileAnd(node, sub);
    case "Or":
      return compileOr(node, sub);
    case "Not":
      return compileUnary(node, sub(node.target), (value) => !truthy(value));
    case "Neg":
      return compileUnary(node, sub(node.target), operators.negate);
    case "Pos":
      return compileUnary(node, sub(node.target), operators.positive);
    case "BinOp":
      return compileBinary(node, sub);
    case "Concat":
      return compileConcat(compiler, node, sub);
    case "Compare":
      return compileCompare(node, sub);
    case "NSRef":
      return compiler.fail("unexpected assignment target", node);
  }
}

type Sub = (child: Expr) => Evaluate;

function compileName(node: NodeOf<"Symbol">, scope: Scope): Evaluate {
  const { name } = node;
  const ref = scope.symbols.find(name);
  if (!ref) return (frame) => readName(frame.context.resolve(name), frame.context, name);
  const { slot } = ref;
  if (ref.scope === scope.fn) return (frame) => readName(frame.slots[slot], frame.context, name);
  const slots = slotsOf(ref, scope.fn);
  return (frame) => readName(slots(frame)[slot], frame.context, name);
}

function readName(value: Value | undefined, context: { undefinedName(name: string): Value }, name: string): Value {
  return value === undefined ? context.undefinedName(name) : value;
}

function compileItems(items: readonly Evaluate[], make: (items: Value[]) => Value): Evaluate {
  return (frame) => {
    chargeItems(items.length);
    const values: Value[] = [];
    for (const item of items) values.push(item(frame));
    return make(values);
  };
}

function compileDict(node: NodeOf<"Dict">, sub: Sub): Evaluate {
  const at = pack(node);
  const pairs = node.items.map(({ key, value }) => ({ key: sub(key), value: sub(value) }));
  return (frame) => {
    const dict = new Dict();
    for (const { key, value } of pairs) {
      const k = key(frame);
      const v = value(frame);
      frame.at = at;
      dict.set(k, v);
    }
    return dict;
  };
}

function compileAttribute(node: NodeOf<"Getattr">, sub: Sub): Evaluate {
  const at = pack(node);
  const target = sub(node.target);
  const { attr } = node;
  return (frame) => {
    const object = target(frame);
    frame.at = at;
    return getAttribute(frame.context, object, attr);
  };
}

function compileLookup(node: NodeOf<"LookupVal">, sub: Sub): Evaluate {
  const at = pack(node);
  const target = sub(node.target);
  const key = sub(node.val);
  return (frame) => {
    const object = target(frame);
    const value = key(frame);
    frame.at = at;
    return value instanceof Slice ? getSlice(object, value) : getItem(frame.context, object, value);
  };
}

function compileSlice(node: NodeOf<"Slice">, sub: Sub): Evaluate {
  const none: Evaluate = () => null;
  const [start, stop, step] = [node.start, node.stop, node.step].map((part) => (part ? sub(part) : none));
  return (frame) => new Slice((start ?? none)(frame), (stop ?? none)(frame), (step ?? none)(frame));
}

function compileInlineIf(compiler: Compiler, node: NodeOf<"InlineIf">, scope: Scope): Evaluate {
  const soft = softScope(scope);
  const at = pack(node);
  const cond = compileExpression(compiler, node.cond, soft);
  const body = compileExpression(compiler, node.body, soft);
  const else_ = node.else_ && compileExpression(compiler, node.else_, soft);
  const hint =
    `the inline if-expression on line ${node.lineno} in '${compiler.template}' evaluated to false and no else section ` +
    "was defined.";
  return (frame) => {
    const test = cond(frame);
    frame.at = at;
    if (truthy(test)) return body(frame);
    // Jinja2 uses the lenient flavour here, whatever the environment's is.
    return else_ ? else_(frame) : new Undefined("lenient", { hint });
  };
}

function compileAnd(node: NodeOf<"And">, sub: Sub): Evaluate {
  const at = pack(node);
  const left = sub(node.left);
  const right = sub(node.right);
  return (frame) => {
    const value = left(frame);
    frame.at = at;
    return truthy(value) ? right(frame) : value;
  };
}

function compileOr(node: NodeOf<"Or">, sub: Sub): Evaluate {
  const at = pack(node);
  const left = sub(node.left);
  const right = sub(node.right);
  return (frame) => {
    const value = left(frame);
    frame.at = at;
    return truthy(value) ? value : right(frame);
  };
}

function compileUnary(node: Expr, operand: Evaluate, operate: (value: Value) => Value): Evaluate {
  const at = pack(node);
  return (frame) => {
    const value = operand(frame);
    frame.at = at;
    return operate(value);
  };
}

const binaryOperators: Readonly<Record<BinaryOperator, (left: Value, right: Value) => Value>> = {
  "+": operators.add,
  "-": operators.subtract,
  "*": operators.multiply,
  "/": operators.divide,
  "//": operators.floorDivide,
  "%": operators.modulo,
  "**": operators.raise,
};

function compileBinary(node: NodeOf<"BinOp">, sub: Sub): Evaluate {
  const at = pack(node);
  const operate = binaryOperators[node.op];
  const left = sub(node.left);
  const right = sub(node.right);
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    frame.at = at;
    return operate(a, b);
  };
}

function compileConcat(compiler: Compiler, node: NodeOf<"Concat">, sub: Sub): Evaluate {
  const at = pack(node);
  const items = node.items.map(sub);
  const { autoescape, volatile } = compiler.escape;
  return (frame) => {
    const values = items.map((item) => item(frame));
    frame.at = at;
    if (autoescape && !volatile && values.some(isHtml)) {
      return new Markup(joined(values.map((value) => operators.toHtml(value, str).text)));
    }
    return joined(values.map(str));
  };
}

function joined(parts: readonly string[]): string {
  let out = "";
  for (const part of parts) out += part;
  charge(out.length);
  return out;
}

function equal(left: Value, right: Value): boolean {
  // Also one compared with itself, which inside containers is no question.
  if (left instanceof Undefined) left.refuseComparison();
  return valuesEqual(left, right);
}

const compareOperators: Readonly<Record<CompareOperator, (left: Value, right: Value) => boolean>> = {
  eq: equal,
  ne: (left, right) => !equal(left, right),
  lt: (left, right) => compare(left, right, "<") < 0,
  lteq: (left, right) => compare(left, right, "<=") <= 0,
  gt: (left, right) => compare(left, right, ">") > 0,
  gteq: (left, right) => compare(left, right, ">=") >= 0,
  in: (left, right) => contains(right, left),
  notin: (left, right) => !contains(right, left),
};

function compileCompare(node: NodeOf<"Compare">, sub: Sub): Evaluate {
  const at = pack(node);
  const first = sub(node.expr);
  const ops = node.ops.map(({ op, expr }) => ({ holds: compareOperators[op], operand: sub(expr) }));
  return (frame) => {
    let left = first(frame);
    for (const { holds, operand } of ops) {
      const right = operand(frame);
      frame.at = at;
      if (!holds(left, right)) return false;
      left = right;
    }
    return true;
  };
}
