import { makeModule, newContext } from "../environment-contexts.js";
import { JinjaError } from "../errors.js";
import { merge } from "../runtime/context.js";
import type { TemplateModule } from "../runtime/template-objects.js";
import type { Value } from "../runtime/values.js";
import type { NodeOf } from "../syntax/nodes.js";
import type { Compiler } from "./compiler.js";
import { compileExpression } from "./expression.js";
import { type Execute, type Frame, pack } from "./frame.js";
import { captureLocals, type Scope } from "./scope.js";
import { type CompiledTemplate, runTemplate } from "./template.js";

/** `{% include %}`. */
export function compileInclude(compiler: Compiler, node: NodeOf<"Include">, scope: Scope): Execute {
  const at = pack(node);
  const name = compileExpression(compiler, node.template, scope);
  const locals = captureLocals(scope);
  const { ignoreMissing, withContext } = node;
  return (frame) => {
    const wanted = name(frame);
    frame.at = at;
    const template = find(frame, wanted, ignoreMissing);
    if (!template) return;
    if (withContext) {
      const context = newContext(frame.context.environment, template, merge(frame.context.all(), locals(frame)));
      frame.out += runTemplate(template, context);
    } else {
      frame.out += frame.context.environment.moduleOf(template).text;
    }
  };
}

function find(frame: Frame, wanted: Value, ignoreMissing: boolean): CompiledTemplate | undefined {
  try {
    return frame.context.environment.templateFor(wanted, true);
  } catch (error) {
    const missing = error instanceof JinjaError && error.code === "ERR_JINJA_NOT_FOUND";
    if (ignoreMissing && missing) return undefined;
    throw error;
  }
}

function compileModule(
  compiler: Compiler,
  node: NodeOf<"Import"> | NodeOf<"FromImport">,
  scope: Scope,
): (frame: Frame) => TemplateModule {
  const at = pack(node);
  const name = compileExpression(compiler, node.template, scope);
  const locals = captureLocals(scope);
  return (frame) => {
    const wanted = name(frame);
    frame.at = at;
    const { environment } = frame.context;
    const template = environment.templateFor(wanted);
    if (!node.withContext) return environment.moduleOf(template);
    return makeModule(template, newContext(environment, template, merge(frame.context.all(), locals(frame))));
  };
}

/** `{% import "x" as y %}`. */
export function compileImport(compiler: Compiler, node: NodeOf<"Import">, scope: Scope): Execute {
  const module = compileModule(compiler, node, scope);
  const { target } = node;
  const slot = scope.symbols.find(target)?.slot ?? 0;
  return (frame) => {
    const value = module(frame);
    frame.slots[slot] = value;
    if (!scope.toplevel) return;
    frame.context.vars.set(target, value);
    frame.context.exported.delete(target);
  };
}

/** `{% from "x" import y as z %}`. */
export function compileFromImport(compiler: Compiler, node: NodeOf<"FromImport">, scope: Scope): Execute {
  const module = compileModule(compiler, node, scope);
  const names = node.names.map(({ name, alias }) => ({ name, alias, slot: scope.symbols.find(alias)?.slot ?? 0 }));
  const { template } = compiler;
  return (frame) => {
    const imported = module(frame);
    for (const { name, alias, slot } of names) {
      const hint =
        `the template '${imported.template}' (imported on line ${node.lineno} in '${template}') ` +
        `does not export the requested name '${name}'`;
      const found = imported.attribute(name);
      const value = found === undefined ? frame.context.undefined(hint, name) : found;
      frame.slots[slot] = value;
      if (!scope.toplevel) continue;
      frame.context.vars.set(alias, value);
      frame.context.exported.delete(alias);
    }
  };
}
