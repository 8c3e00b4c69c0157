import { enterTemplate, leaveTemplate } from "../limits.js";
import type { BlockFunction, Context } from "../runtime/context.js";

/** A template as closures: its root and its blocks. Holds no state of a render. */
export interface CompiledTemplate {
  readonly name: string;
  readonly blocks: ReadonlyMap<string, BlockFunction>;
  root(context: Context): string;
}

/** Runs a template's root, one template deeper. */
export function runTemplate(template: CompiledTemplate, context: Context): string {
  enterTemplate();
  try {
    return template.root(context);
  } finally {
    leaveTemplate();
  }
}
