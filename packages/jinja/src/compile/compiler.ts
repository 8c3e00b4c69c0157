import { JinjaError } from "../errors.js";
import type { Builtins } from "../runtime/builtin.js";
import type { BlockFunction } from "../runtime/context.js";
import { superBlock, TemplateReference } from "../runtime/template-objects.js";
import type { AnyNode, NodeOf, Place, Stmt } from "../syntax/nodes.js";
import { type Execute, Frame, runFrame } from "./frame.js";
import { enterScope, rootScope, type Scope, sequence } from "./scope.js";
import { compileStatement } from "./statement.js";
import { findUndeclared } from "./symbols.js";
import { type CompiledTemplate, runTemplate } from "./template.js";

/** What compiling needs to know of the environment. */
export interface CompileOptions {
  readonly filters: Builtins;
  readonly tests: Builtins;
  readonly autoescape: boolean;
}

/** Whether output is escaped where the compiler stands; `volatile` when only the run knows. */
export interface EscapeMode {
  readonly autoescape: boolean;
  readonly volatile: boolean;
}

/**
 * Compiles one template to closures. No code is generated: names from the template only ever are keys of Maps, or numbers
 * of slots.
 */
export class Compiler {
  hasKnownExtends = false;
  extendsSoFar = 0;
  escape: EscapeMode;

  constructor(
    readonly root: NodeOf<"Root">,
    readonly template: string,
    readonly options: CompileOptions,
  ) {
    this.escape = { autoescape: options.autoescape, volatile: false };
  }

  fail(reason: string, place: Place): never {
    const position = { template: this.template, line: place.lineno, column: place.colno };
    throw new JinjaError("TemplateAssertionError", reason, position);
  }

  /** Which of `names` the nodes read without setting them; spares the search for names the template never mentions. */
  undeclared(nodes: readonly AnyNode[], names: readonly string[]): ReadonlySet<string> {
    const possible = names.filter((name) => this.root.names.has(name));
    return possible.length === 0 ? new Set() : findUndeclared(nodes, possible);
  }

  statements(nodes: readonly Stmt[], scope: Scope): Execute {
    const steps: Execute[] = [];
    for (const node of nodes) {
      const step = compileStatement(this, node, scope);
      if (step) steps.push(step);
    }
    return sequence(steps);
  }

  compile(): CompiledTemplate {
    const blocks = new Map<string, NodeOf<"Block">>();
    const inOrder = [...this.root.blocks].sort((a, b) => a.lineno - b.lineno || a.colno - b.colno);
    for (const block of inOrder) {
      if (blocks.has(block.name)) this.fail(`block '${block.name}' defined twice`, block);
      blocks.set(block.name, block);
    }
    const root = this.#root();
    const functions = new Map(Array.from(blocks, ([name, block]) => [name, this.#block(block)]));
    return { name: this.template, blocks: functions, root };
  }

  #root(): CompiledTemplate["root"] {
    const { root, template } = this;
    const scope = rootScope(root.hasExtends, true);
    const selfSlot = this.undeclared(root.body, ["self"]).has("self")
      ? scope.symbols.declareParameter("self").slot
      : undefined;
    scope.symbols.analyze(root.body);
    const body = sequence([enterScope(scope), this.statements(root.body, scope)]);
    const { fn } = scope;
    return (context) => {
      const frame = new Frame(context, fn.slots, undefined);
      if (selfSlot !== undefined) frame.slots[selfSlot] = new TemplateReference(context);
      const text = runFrame(frame, template, body);
      // The parent runs outside: what goes wrong there is not this template's.
      return frame.parentTemplate ? text + runTemplate(frame.parentTemplate, context) : text;
    };
  }

  #block(block: NodeOf<"Block">): BlockFunction {
    const { template } = this;
    const scope = rootScope(false, false);
    const undeclared = this.undeclared(block.body, ["self", "super"]);
    const slotOf = (name: string): number | undefined =>
      undeclared.has(name) ? scope.symbols.declareParameter(name).slot : undefined;
    const selfSlot = slotOf("self");
    const superSlot = slotOf("super");
    scope.symbols.analyze(block.body);
    const body = sequence([enterScope(scope), this.statements(block.body, scope)]);
    const { fn } = scope;
    const compiled: BlockFunction = {
      name: block.name,
      render(context) {
        const frame = new Frame(context, fn.slots, undefined);
        if (selfSlot !== undefined) frame.slots[selfSlot] = new TemplateReference(context);
        if (superSlot !== undefined) frame.slots[superSlot] = superBlock(context, compiled);
        return runFrame(frame, template, body);
      },
    };
    return compiled;
  }
}
