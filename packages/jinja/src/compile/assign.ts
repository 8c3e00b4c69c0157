import { runtimeError } from "../errors.js";
import { Namespace } from "../runtime/global-objects.js";
import { unpack } from "../runtime/loop.js";
import type { Value } from "../runtime/values.js";
import type { NodeOf, Target } from "../syntax/nodes.js";
import type { Compiler } from "./compiler.js";
import { compileExpression } from "./expression.js";
import { type Execute, type Frame, pack } from "./frame.js";
import { enterScope, innerScope, leaveScope, type Scope, slotsOf } from "./scope.js";
import { captured, capturedText } from "./statement.js";

type Assign = (frame: Frame, value: Value) => void;

/** Compiles the left side of an assignment, and of a for loop. Names set at the top level are exported. */
export function compileTarget(compiler: Compiler, target: Target, scope: Scope): Assign {
  if (target.typename === "NSRef") return compileNamespace(compiler, target, scope);
  if (target.typename === "Group") {
    const items = target.items.map((item) => compileTarget(compiler, item as Target, scope));
    const at = pack(target);
    return (frame, value) => {
      frame.at = at;
      const values = unpack(value, items.length);
      items.forEach((assign, i) => {
        assign(frame, values[i] as Value);
      });
    };
  }
  const { name } = target;
  const slot = scope.symbols.find(name)?.slot ?? 0;
  if (!scope.toplevel) {
    return (frame, value) => {
      frame.slots[slot] = value;
    };
  }
  const isPublic = !name.startsWith("_");
  return (frame, value) => {
    frame.slots[slot] = value;
    frame.context.vars.set(name, value);
    if (isPublic) frame.context.exported.add(name);
  };
}

function compileNamespace(compiler: Compiler, target: NodeOf<"NSRef">, scope: Scope): Assign {
  const ref = scope.symbols.find(target.name);
  if (!ref) return compiler.fail(`unknown name '${target.name}'`, target);
  const slots = slotsOf(ref, scope.fn);
  return (frame, value) => {
    const object = slots(frame)[ref.slot];
    if (!(object instanceof Namespace)) throw runtimeError("cannot assign attribute on non-namespace object");
    object.attributes.set(target.attr, value);
  };
}

/** `{% set target = value %}`. */
export function compileAssign(compiler: Compiler, node: NodeOf<"Set">, scope: Scope): Execute {
  const at = pack(node);
  const value = compileExpression(compiler, node.value, scope);
  const assign = compileTarget(compiler, node.target, scope);
  return (frame) => {
    const result = value(frame);
    frame.at = at;
    assign(frame, result);
  };
}

/** `{% set target %}...{% endset %}`. */
export function compileBlockSet(compiler: Compiler, node: NodeOf<"BlockSet">, scope: Scope): Execute {
  const at = pack(node);
  const inner = { ...innerScope(scope), outputCheck: false };
  inner.symbols.analyze(node.body);
  const enter = enterScope(inner);
  const body = compiler.statements(node.body, inner);
  const filter = node.filter && compileExpression(compiler, node.filter, inner);
  const assign = compileTarget(compiler, node.target, scope);
  const leave = leaveScope(inner);
  return (frame) => {
    const value = captured(frame, () => {
      enter(frame);
      body(frame);
      return capturedText(frame, filter ? filter(frame) : frame.out);
    });
    frame.at = at;
    assign(frame, value);
    leave(frame);
  };
}

/** `{% with a = 1, b = 2 %}`: the values are read outside, so `b` does not see the new `a`. */
export function compileWith(compiler: Compiler, node: NodeOf<"With">, scope: Scope): Execute {
  const inner = innerScope(scope);
  inner.symbols.analyze([...node.targets, ...node.body]);
  const enter = enterScope(inner);
  const leave = leaveScope(inner);
  const assigns = node.targets.map((target, i) => ({
    assign: compileTarget(compiler, target, inner),
    value: compileExpression(compiler, node.values[i] ?? target, scope),
    at: pack(target),
  }));
  const body = compiler.statements(node.body, inner);
  return (frame) => {
    enter(frame);
    for (const { assign, value, at } of assigns) {
      const result = value(frame);
      frame.at = at;
      assign(frame, result);
    }
    body(frame);
    leave(frame);
  };
}
