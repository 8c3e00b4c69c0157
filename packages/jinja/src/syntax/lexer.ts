import { JinjaError } from "../errors.js";
import { pythonSpace } from "../runtime/text.js";
import { decodeStringLiteral } from "./string-literal.js";
import { operatorNames, type Token } from "./tokens.js";

/** How white space around tags is treated; the defaults of Jinja2 are all off. */
export interface LexerOptions {
  /** Removes the first newline after a block tag or comment. */
  readonly trimBlocks: boolean;
  /** Removes blanks from the start of a line to a block tag or comment. */
  readonly lstripBlocks: boolean;
  /** Keeps one newline at the end of the template. */
  readonly keepTrailingNewline: boolean;
}

type State = "root" | "block" | "variable" | "end";

const S = `[${pythonSpace}]`;
const tagStart = /\{[%{#]/g;
const rawStart = new RegExp(`\\{%([-+]?)${S}*raw${S}*(?:-%\\}${S}*|%\\})`, "y");
const whitespace = new RegExp(`${S}+`, "y");
const float = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const word = /[\w\p{L}\p{M}\p{N}\u00b7\u0387]+/uy;
const identifier = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
const string = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const operator = /\/\/|\*\*|==|!=|>=|<=|[-+*/%~[\](){}<>=.:|,;]/y;
const blockEnd = {
  false: new RegExp(`\\+%\\}|-%\\}${S}*|%\\}`, "y"),
  true: new RegExp(`\\+%\\}|-%\\}${S}*|%\\}\\n?`, "y"),
};
const variableEnd = new RegExp(`-\\}\\}${S}*|\\}\\}`, "y");
const commentEnd = {
  false: new RegExp(`\\+#\\}|-#\\}${S}*|#\\}`, "g"),
  true: new RegExp(`\\+#\\}|-#\\}${S}*|#\\}\\n?`, "g"),
};
const rawEnd = {
  false: new RegExp(`\\{%([-+]?)${S}*endraw${S}*(?:\\+%\\}|-%\\}${S}*|%\\})`, "g"),
  true: new RegExp(`\\{%([-+]?)${S}*endraw${S}*(?:\\+%\\}|-%\\}${S}*|%\\}\\n?)`, "g"),
};
const trailingSpace = new RegExp(`${S}+$`);
const onlySpace = new RegExp(`^${S}+$`);
const closers: ReadonlyMap<string, string> = new Map([
  ["{", "}"],
  ["(", ")"],
  ["[", "]"],
]);

/** Line endings as templates see them, and without the last one unless it is to be kept. */
export function normalizeSource(source: string, options: LexerOptions): string {
  const text = source.includes("\r") ? source.replace(/\r\n?/g, "\n") : source;
  return !options.keepTrailingNewline && text.endsWith("\n") ? text.slice(0, -1) : text;
}

/**
 * Jinja2's lexer. Tokens are made when asked for, so the first of several mistakes in a template is the one reported.
 * `nextToken` is the contract of nunjucks' tokenizer.
 */
export class Lexer {
  #state: State = "root";
  #pos = 0;
  #line = 1;
  #lineStart = 0;
  #lineStarting = true;
  #pending: Token | undefined;
  readonly #brackets: string[] = [];
  readonly #trim: "true" | "false";

  constructor(
    /** As {@link normalizeSource} leaves it. */
    readonly source: string,
    readonly template: string,
    private readonly options: LexerOptions,
  ) {
    this.#trim = options.trimBlocks ? "true" : "false";
  }

  /** The next token, or undefined at the end of the template. */
  nextToken(): Token | undefined {
    if (this.#pending) {
      const token = this.#pending;
      this.#pending = undefined;
      return token;
    }
    while (this.#pos < this.source.length) {
      const token = this.#state === "root" ? this.#text() : this.#inTag();
      if (token) return token;
    }
    return undefined;
  }

  fail(reason: string, line = this.#line, column = this.#pos - this.#lineStart + 1): never {
    throw new JinjaError("TemplateSyntaxError", reason, { template: this.template, line, column });
  }

  #token(type: string, value: string): Token {
    return { type, value, lineno: this.#line, colno: this.#pos - this.#lineStart + 1 };
  }

  #advance(end: number): void {
    for (;;) {
      const newline = this.source.indexOf("\n", this.#pos);
      if (newline < 0 || newline >= end) break;
      this.#line++;
      this.#lineStart = newline + 1;
      this.#pos = newline + 1;
    }
    this.#pos = end;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#pos;
    return pattern.exec(this.source)?.[0];
  }

  /** Text up to the next tag, and the beginning of that tag. */
  #text(): Token | undefined {
    const start = this.#pos;
    tagStart.lastIndex = start;
    const found = tagStart.exec(this.source);
    const end = found ? found.index : this.source.length;
    if (!found) {
      const token = this.#token("data", this.source.slice(start));
      this.#advance(end);
      return token;
    }
    rawStart.lastIndex = end;
    const raw = found[0] === "{%" ? rawStart.exec(this.source) : null;
    const sign = raw ? raw[1] : this.source[end + 2];
    const data = this.#strip(this.source.slice(start, end), sign, found[0] === "{{");
    const token = data ? this.#token("data", data) : undefined;
    this.#advance(end);
    if (raw) {
      this.#advance(end + raw[0].length);
      this.#lineStarting = raw[0].endsWith("\n");
      const inside = this.#raw();
      if (!token) return inside;
      this.#pending = inside;
      return token;
    }
    const length = sign === "-" || sign === "+" ? 3 : 2;
    if (found[0] === "{#") {
      this.#comment(end + length);
      return token;
    }
    const begin = this.#token(found[0] === "{%" ? "block_begin" : "variable_begin", found[0]);
    this.#state = found[0] === "{%" ? "block" : "variable";
    this.#pos += length;
    this.#lineStarting = false;
    if (!token) return begin;
    this.#pending = begin;
    return token;
  }

  #strip(text: string, sign: string | undefined, isVariable: boolean): string {
    if (sign === "-") return text.replace(trailingSpace, "");
    if (sign === "+" || !this.options.lstripBlocks || isVariable) return text;
    const lineStart = text.lastIndexOf("\n") + 1;
    const blank = (lineStart > 0 || this.#lineStarting) && onlySpace.test(text.slice(lineStart));
    return blank ? text.slice(0, lineStart) : text;
  }

  #comment(bodyStart: number): void {
    const pattern = commentEnd[this.#trim];
    pattern.lastIndex = bodyStart;
    const end = pattern.exec(this.source);
    this.#advance(bodyStart);
    if (end) this.#advance(end.index + end[0].length);
    else if (bodyStart < this.source.length) this.fail("Missing end of comment tag");
    this.#lineStarting = end?.[0].endsWith("\n") ?? false;
  }

  #raw(): Token | undefined {
    const pattern = rawEnd[this.#trim];
    pattern.lastIndex = this.#pos;
    const end = pattern.exec(this.source);
    if (!end) {
      if (this.#pos < this.source.length) this.fail("Missing end of raw directive");
      return undefined;
    }
    const data = this.#strip(this.source.slice(this.#pos, end.index), end[1], false);
    const token = data ? this.#token("data", data) : undefined;
    this.#advance(end.index + end[0].length);
    this.#lineStarting = end[0].endsWith("\n");
    return token;
  }

  #inTag(): Token | undefined {
    const isBlock = this.#state === "block";
    if (this.#brackets.length === 0) {
      const end = this.#match(isBlock ? blockEnd[this.#trim] : variableEnd);
      if (end !== undefined) {
        const token = this.#token(isBlock ? "block_end" : "variable_end", end);
        this.#advance(this.#pos + end.length);
        this.#lineStarting = end.endsWith("\n");
        this.#state = "root";
        return token;
      }
    }
    const blank = this.#match(whitespace);
    if (blank !== undefined) {
      this.#advance(this.#pos + blank.length);
      return undefined;
    }
    return this.#number() ?? this.#word() ?? this.#string() ?? this.#operator();
  }

  #take(type: string, text: string, value = text): Token {
    const token = this.#token(type, value);
    this.#advance(this.#pos + text.length);
    return token;
  }

  #number(): Token | undefined {
    const code = this.source.charCodeAt(this.#pos);
    if (code < 48 || code > 57) return undefined;
    // "1.2.3" is a float and an attribute, but "a.1.2" two attributes.
    const text = this.source[this.#pos - 1] === "." ? undefined : this.#match(float);
    if (text !== undefined) return this.#take("float", text, text.replaceAll("_", ""));
    const whole = this.#match(integer);
    return whole === undefined ? undefined : this.#take("integer", whole, whole.replaceAll("_", ""));
  }

  #word(): Token | undefined {
    const text = this.#match(word);
    if (text === undefined) return undefined;
    if (!identifier.test(text)) this.fail("Invalid character in identifier");
    return this.#take("name", text);
  }

  #string(): Token | undefined {
    const text = this.#match(string);
    if (text === undefined) return undefined;
    try {
      return this.#take("string", text, decodeStringLiteral(text.slice(1, -1)));
    } catch (error) {
      return this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  #operator(): Token {
    const text = this.#match(operator);
    if (text === undefined) {
      const char = String.fromCodePoint(this.source.codePointAt(this.#pos) ?? 0);
      return this.fail(`unexpected char '${char}' at ${this.#pos}`);
    }
    const closer = closers.get(text);
    if (closer) this.#brackets.push(closer);
    else if (text === "}" || text === ")" || text === "]") {
      const expected = this.#brackets.pop();
      if (expected === undefined) this.fail(`unexpected '${text}'`);
      if (expected !== text) this.fail(`unexpected '${text}', expected '${expected}'`);
    }
    return this.#take(operatorNames.get(text) ?? text, text);
  }
}
