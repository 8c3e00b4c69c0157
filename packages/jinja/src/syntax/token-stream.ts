import { JinjaError } from "../errors.js";
import type { Lexer } from "./lexer.js";
import type { Place } from "./nodes.js";
import { describeExpected, describeToken, type Token } from "./tokens.js";

// Deeper nesting than any template needs, and shallow enough for the stack of parser and renderer.
const maxNesting = 100;
const maxChain = 500;

/** The parser's cursor: one current token, one of look-ahead, and what it noted on the way. */
export class TokenStream {
  current: Token;
  /** Every name read or written so far; lets the compiler skip searches for names that never occur. */
  readonly names = new Set<string>();
  #ahead: Token | undefined;
  #nesting = 0;

  constructor(readonly lexer: Lexer) {
    this.current = { type: "initial", value: "", lineno: 1, colno: 1 };
    this.next();
  }

  /** Moves on and returns the token left behind. */
  next(): Token {
    const left = this.current;
    if (left.type === "eof") return left;
    const ahead = this.#ahead ?? this.lexer.nextToken();
    this.#ahead = undefined;
    this.current = ahead ?? { type: "eof", value: "", lineno: left.lineno, colno: left.colno };
    return left;
  }

  /** The token after the current one. */
  look(): Token {
    this.#ahead ??= this.lexer.nextToken() ?? { ...this.current, type: "eof", value: "" };
    return this.#ahead;
  }

  isName(value: string): boolean {
    return this.current.type === "name" && this.current.value === value;
  }

  skipName(value: string): boolean {
    if (!this.isName(value)) return false;
    this.next();
    return true;
  }

  skip(type: string): boolean {
    if (this.current.type !== type) return false;
    this.next();
    return true;
  }

  expect(type: string): Token {
    if (this.current.type === type) return this.next();
    return this.#unexpected(type);
  }

  expectName(value: string): Token {
    if (this.isName(value)) return this.next();
    return this.#unexpected(`name:${value}`);
  }

  #unexpected(expected: string): never {
    const wanted = describeExpected(expected);
    if (this.current.type === "eof") this.fail(`unexpected end of template, expected '${wanted}'.`);
    this.fail(`expected token '${wanted}', got '${describeToken(this.current)}'`);
  }

  fail(reason: string, place: Place = this.current, pythonType = "TemplateSyntaxError"): never {
    throw new JinjaError(pythonType, reason, {
      template: this.lexer.template,
      line: place.lineno,
      column: place.colno,
    });
  }

  /** Refuses a chain (`a + b + c`, `x|f|g`, `x.a.b`) of more links than the renderer's stack holds. */
  checkChain(links: number): void {
    if (links > maxChain) this.fail(`an expression chains more than ${maxChain} operators, filters or attributes`);
  }

  /** Parses one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#nesting > maxNesting) this.fail(`nested deeper than ${maxNesting} levels`);
    try {
      return parse();
    } finally {
      this.#nesting--;
    }
  }
}
