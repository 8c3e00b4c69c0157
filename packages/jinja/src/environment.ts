import { Compiler } from "./compile/compiler.js";
import { type CompiledTemplate, runTemplate } from "./compile/template.js";
import { makeModule, newContext } from "./environment-contexts.js";
import { JinjaError, limitError, typeError } from "./errors.js";
import { filters as builtinFilters } from "./filters/index.js";
import { globals as builtinGlobals } from "./globals/index.js";
import { defaultLimits, type Limits, withLimits } from "./limits.js";
import type { Loader } from "./loader.js";
import { type Builtins, PyFunction } from "./runtime/builtin.js";
import { Dict, Tuple } from "./runtime/collections.js";
import { fromJs } from "./runtime/from-js.js";
import { toList } from "./runtime/iterate.js";
import { textOf } from "./runtime/markup.js";
import { repr } from "./runtime/printing.js";
import type { TemplateModule } from "./runtime/template-objects.js";
import { Undefined, type UndefinedKind } from "./runtime/undefined.js";
import { typeName, type Value } from "./runtime/values.js";
import type { LexerOptions } from "./syntax/lexer.js";
import { parseTemplate } from "./syntax/parser.js";
import { TemplateCache } from "./template-cache.js";
import { tests as builtinTests } from "./tests/index.js";

export interface EnvironmentOptions {
  /** Where `render`, `extends`, `include` and `import` find templates. */
  readonly loader?: Loader;
  /** Removes the first newline after a block tag (LAVA: on). */
  readonly trimBlocks?: boolean;
  readonly lstripBlocks?: boolean;
  readonly keepTrailingNewline?: boolean;
  /** What a name nobody set does; `lenient` prints nothing. */
  readonly undefinedKind?: UndefinedKind;
  /** Escapes output for HTML (LAVA: off). */
  readonly autoescape?: boolean;
  readonly limits?: Partial<Limits>;
  /** Filters besides Jinja2's own, such as `lavaFilters`. */
  readonly filters?: Builtins;
  readonly tests?: Builtins;
  /** Data every template sees, below the context. */
  readonly globals?: Readonly<Record<string, unknown>>;
  /** Source of `random` and `lipsum`: at least 0, below 1. */
  readonly random?: () => number;
}

/** Variables by name; plain data only, copied before the template sees it. */
export type RenderContext = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

/** Compiles and renders templates. Made by {@link createEnvironment}; synchronous, and keeps no state between renders but compiled templates. */
export class Environment {
  readonly undefinedKind: UndefinedKind;
  readonly autoescape: boolean;
  readonly limits: Limits;
  readonly random: () => number;
  readonly filters: Builtins;
  readonly tests: Builtins;
  readonly #loader: Loader | undefined;
  readonly #lexer: LexerOptions;
  readonly #globals: ReadonlyMap<string, Value>;
  readonly #cache = new TemplateCache();
  // What the current render found: a template loaded once stays the same, and so do modules, for its whole length.
  #loaded = new Map<string, CompiledTemplate>();
  #modules = new Map<CompiledTemplate, TemplateModule>();

  constructor(options: EnvironmentOptions) {
    const { trimBlocks = false, lstripBlocks = false, keepTrailingNewline = false } = options;
    this.undefinedKind = options.undefinedKind ?? "lenient";
    this.autoescape = options.autoescape ?? false;
    this.limits = { ...defaultLimits, ...options.limits };
    this.random = options.random ?? Math.random;
    this.filters = new Map([...builtinFilters, ...(options.filters ?? [])]);
    this.tests = new Map([...builtinTests, ...(options.tests ?? [])]);
    this.#loader = options.loader;
    this.#lexer = { trimBlocks, lstripBlocks, keepTrailingNewline };
    this.#globals = new Map(
      Object.entries(options.globals ?? {}).map(([name, value]) => [name, fromJs(value, `the global "${name}"`)]),
    );
  }

  /**
   * Renders the template `name` of the loader.
   * @throws JinjaError with the position in the template; `ERR_JINJA_NOT_FOUND` when there is none
   */
  render(name: string, context: RenderContext = {}): string {
    return this.#run(context, () => this.templateFor(name));
  }

  /** Renders a text; `name` stands for it in messages. @throws JinjaError */
  renderString(source: string, context: RenderContext = {}, name = "<template>"): string {
    return this.#run(context, () => this.#compile(source, name));
  }

  /** Whether the loader has a template of this name. */
  has(name: string): boolean {
    return Boolean(this.#loader?.getSource(name));
  }

  /** Compiles the template `name` without running it. @throws JinjaError `ERR_JINJA_SYNTAX`, `ERR_JINJA_NOT_FOUND` */
  check(name: string): void {
    this.#fresh(() => this.#load(name));
  }

  #run(context: RenderContext, find: () => CompiledTemplate): string {
    return this.#fresh(() => {
      const template = find();
      return runTemplate(template, newContext(this, template, this.#variables(template, context)));
    });
  }

  #fresh<T>(work: () => T): T {
    const [loaded, modules] = [this.#loaded, this.#modules];
    this.#loaded = new Map();
    this.#modules = new Map();
    try {
      return withLimits(this.limits, work);
    } catch (error) {
      if (error instanceof RangeError && /call stack/i.test(error.message)) {
        throw limitError("the template is nested too deeply for the stack and the render was stopped");
      }
      throw error;
    } finally {
      this.#loaded = loaded;
      this.#modules = modules;
    }
  }

  #variables(template: CompiledTemplate, given: RenderContext): ReadonlyMap<string, Value> {
    const variables = this.#globalsFor(template);
    const seen = new Map<object, Value>();
    const entries = given instanceof Map ? given : Object.entries(given);
    for (const [name, value] of entries) {
      if (value !== undefined) variables.set(String(name), fromJs(value, `the context value "${name}"`, seen));
    }
    return variables;
  }

  #globalsFor(template: CompiledTemplate): Map<string, Value> {
    const variables = new Map<string, Value>();
    const context = newContext(this, template, variables);
    for (const [name, global] of builtinGlobals) variables.set(name, new PyFunction(global, context));
    for (const [name, value] of this.#globals) variables.set(name, value);
    return variables;
  }

  #compile(source: string, name: string): CompiledTemplate {
    return this.#cache.get(source, name, () => {
      const { filters, tests, autoescape } = this;
      return new Compiler(parseTemplate(source, name, this.#lexer), name, { filters, tests, autoescape }).compile();
    });
  }

  #load(name: string): CompiledTemplate {
    const known = this.#loaded.get(name);
    if (known) return known;
    const source = this.#loader?.getSource(name);
    if (!source) throw new JinjaError("TemplateNotFound", name);
    const template = this.#compile(source.src, name);
    this.#loaded.set(name, template);
    return template;
  }

  /** The template an `extends`, `import` or, with `several`, an `include` names. @throws JinjaError TemplateNotFound */
  templateFor(wanted: Value, several = false): CompiledTemplate {
    if (wanted instanceof Undefined) return wanted.fail();
    const name = textOf(wanted);
    if (name !== undefined) return this.#load(name);
    if (!several) throw typeError(`a template's name must be str, not ${typeName(wanted)}`);
    const names = Array.isArray(wanted) || wanted instanceof Tuple || wanted instanceof Dict ? toList(wanted) : [];
    for (const candidate of names) {
      if (candidate instanceof Undefined) candidate.fail();
      try {
        return this.#load(textOf(candidate) ?? "");
      } catch (error) {
        if (!(error instanceof JinjaError) || error.code !== "ERR_JINJA_NOT_FOUND") throw error;
      }
    }
    const list = names.map(repr).join(", ");
    throw new JinjaError(
      "TemplatesNotFound",
      names.length === 0
        ? "Tried to select from an empty list of templates."
        : `none of the templates given were found: ${list}`,
    );
  }

  /** The module of a template imported without context; one for all of a render. */
  moduleOf(template: CompiledTemplate): TemplateModule {
    const known = this.#modules.get(template);
    if (known) return known;
    const module = makeModule(template, newContext(this, template, this.#globalsFor(template)));
    this.#modules.set(template, module);
    return module;
  }
}

/** Makes an environment: Jinja2's grammar and semantics, always sandboxed. */
export const createEnvironment = (options: EnvironmentOptions = {}): Environment => new Environment(options);
