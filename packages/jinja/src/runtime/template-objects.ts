import { enterCall, leaveCall } from "../limits.js";
import type { BlockFunction, Context } from "./context.js";
import { Markup } from "./markup.js";
import { repr } from "./printing.js";
import type { PyObject, Value } from "./values.js";

/** `self.name` and `super()`: one rendition of a block. */
export class BlockReference implements PyObject {
  readonly pyType = "BlockReference";
  readonly pyModule = "jinja2.runtime";
  constructor(
    readonly name: string,
    readonly context: Context,
    readonly stack: readonly BlockFunction[],
    readonly depth: number,
  ) {}
  repr(): string {
    return `<BlockReference ${repr(this.name)}>`;
  }
  attribute(name: string): Value | undefined {
    if (name === "name") return this.name;
    return name === "super" ? parentBlock(this.context, this.name, this.stack, this.depth + 1) : undefined;
  }
  call(): Value {
    const text = renderBlock(this.stack[this.depth], this.context);
    return this.context.evalState.autoescape ? new Markup(text) : text;
  }
}

/** Renders a block one call level deeper. */
export function renderBlock(block: BlockFunction | undefined, context: Context): string {
  if (!block) return "";
  enterCall();
  try {
    return block.render(context);
  } finally {
    leaveCall();
  }
}

function parentBlock(context: Context, name: string, stack: readonly BlockFunction[], depth: number): Value {
  if (depth >= stack.length) return context.undefined(`there is no parent block called ${repr(name)}.`, "super");
  return new BlockReference(name, context, stack, depth);
}

/** `super` inside the rendition `current` of a block. */
export function superBlock(context: Context, current: BlockFunction): Value {
  const stack = context.blocks.get(current.name) ?? [];
  const at = stack.indexOf(current);
  return parentBlock(context, current.name, stack, at < 0 ? stack.length : at + 1);
}

/** `self`: the blocks of the template by name. */
export class TemplateReference implements PyObject {
  readonly pyType = "TemplateReference";
  readonly pyModule = "jinja2.runtime";
  constructor(readonly context: Context) {}
  repr(): string {
    return `<TemplateReference ${repr(this.context.template)}>`;
  }
  item(key: Value): Value | undefined {
    const stack = typeof key === "string" ? this.context.blocks.get(key) : undefined;
    return stack && new BlockReference(key as string, this.context, stack, 0);
  }
}

/** What `import` gives: the names a template exports, and its text when printed. */
export class TemplateModule implements PyObject {
  readonly pyType = "TemplateModule";
  readonly pyModule = "jinja2.environment";
  constructor(
    readonly template: string,
    readonly text: string,
    readonly exported: ReadonlyMap<string, Value>,
    readonly autoescape: boolean,
  ) {}
  repr(): string {
    return `<TemplateModule ${repr(this.template)}>`;
  }
  str(): string {
    return this.text;
  }
  html(): string {
    return this.text;
  }
  attribute(name: string): Value | undefined {
    return this.exported.get(name);
  }
}
