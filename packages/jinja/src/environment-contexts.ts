import { type CompiledTemplate, runTemplate } from "./compile/template.js";
import type { Environment } from "./environment.js";
import { type BlockFunction, Context } from "./runtime/context.js";
import { TemplateModule } from "./runtime/template-objects.js";
import type { Value } from "./runtime/values.js";

/** A context for one run of a template with these variables. */
export function newContext(
  environment: Environment,
  template: CompiledTemplate,
  variables: ReadonlyMap<string, Value>,
): Context {
  const blocks = new Map<string, BlockFunction[]>();
  for (const [name, block] of template.blocks) blocks.set(name, [block]);
  return new Context(environment, template.name, variables, blocks, { autoescape: environment.autoescape });
}

/** Runs a template for what it exports. */
export function makeModule(template: CompiledTemplate, context: Context): TemplateModule {
  const text = runTemplate(template, context);
  const exported = new Map<string, Value>();
  for (const name of context.exported) {
    const value = context.vars.get(name);
    if (value !== undefined) exported.set(name, value);
  }
  return new TemplateModule(template.name, text, exported, environmentEscapes(context));
}

const environmentEscapes = (context: Context): boolean => context.environment.autoescape;
