// jinja knows no other Basalt package, so it carries core's brand instead of importing its class: `isBasaltError` accepts both.
const brand = Symbol.for("@basalt/core/BasaltError@1");

/** Stable codes of everything a template can fail with; docs/reference/errors.md lists them. */
export type JinjaErrorCode =
  | "ERR_JINJA_SYNTAX"
  | "ERR_JINJA_UNDEFINED"
  | "ERR_JINJA_RUNTIME"
  | "ERR_JINJA_SECURITY"
  | "ERR_JINJA_LIMIT"
  | "ERR_JINJA_NOT_FOUND";

const codes: Readonly<Record<string, JinjaErrorCode>> = {
  __proto__: null as never,
  TemplateSyntaxError: "ERR_JINJA_SYNTAX",
  TemplateAssertionError: "ERR_JINJA_SYNTAX",
  UndefinedError: "ERR_JINJA_UNDEFINED",
  SecurityError: "ERR_JINJA_SECURITY",
  LimitError: "ERR_JINJA_LIMIT",
  TemplateNotFound: "ERR_JINJA_NOT_FOUND",
  TemplatesNotFound: "ERR_JINJA_NOT_FOUND",
};

/** Where in which template something went wrong; lines and columns count from 1. */
export interface TemplatePosition {
  readonly template: string;
  readonly line: number;
  readonly column: number;
}

/**
 * A template that could not be compiled or rendered. A `BasaltError` of kind `configuration` (templates are the lab's),
 * with the class name Python's Jinja2 would have raised and, once it left the template, the position in it.
 */
export class JinjaError extends Error {
  readonly [brand] = true;
  readonly kind = "configuration";
  readonly code: JinjaErrorCode;
  /** Name of the exception class of Jinja2 or Python: `UndefinedError`, `TypeError`...; `LimitError` is ours. */
  readonly pythonType: string;
  /** The bare message, without the position. */
  readonly reason: string;
  position: TemplatePosition | undefined;

  constructor(pythonType: string, reason: string, position?: TemplatePosition) {
    super(reason);
    this.name = "BasaltError";
    this.code = codes[pythonType] ?? "ERR_JINJA_RUNTIME";
    this.pythonType = pythonType;
    this.reason = reason;
    if (position) this.locate(position);
  }

  /** Line in the template, from 1; undefined before the error left a template. */
  get line(): number | undefined {
    return this.position?.line;
  }

  /** Column in the template, from 1; undefined before the error left a template. */
  get column(): number | undefined {
    return this.position?.column;
  }

  get details(): Readonly<Record<string, unknown>> {
    return { ...this.position, pythonType: this.pythonType };
  }

  /** Remembers the innermost position: the first template the error passes through names it, later ones do not. */
  locate(position: TemplatePosition): this {
    if (this.position) return this;
    this.position = position;
    const { template, line, column } = position;
    this.message = `template "${template}", line ${line}, column ${column}: ${this.reason} (${this.pythonType})`;
    return this;
  }
}

const factory =
  (pythonType: string) =>
  (reason: string): JinjaError =>
    new JinjaError(pythonType, reason);

export const typeError = factory("TypeError");
export const valueError = factory("ValueError");
export const indexError = factory("IndexError");
export const keyError = factory("KeyError");
export const attributeError = factory("AttributeError");
export const overflowError = factory("OverflowError");
export const zeroDivisionError = factory("ZeroDivisionError");
export const runtimeError = factory("TemplateRuntimeError");
export const filterArgumentError = factory("FilterArgumentError");
export const undefinedError = factory("UndefinedError");
export const securityError = factory("SecurityError");
export const limitError = factory("LimitError");
export const notFoundError = factory("TemplateNotFound");
