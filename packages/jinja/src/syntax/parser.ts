import { Lexer, type LexerOptions, normalizeSource } from "./lexer.js";
import { type Expr, type NodeOf, node, type Place, type Stmt } from "./nodes.js";
import { parseTuple } from "./parse-expression.js";
import { statementParsers } from "./parse-statement.js";
import { TokenStream } from "./token-stream.js";

/** Parser of one template: text, print tags and statements. Expressions and statements have files of their own. */
export class TemplateParser {
  readonly stream: TokenStream;
  readonly blocks: NodeOf<"Block">[] = [];
  /** Scoped blocks met so far. */
  scopedBlocks = 0;
  #hasExtends = false;
  readonly #tags: string[] = [];
  readonly #ends: (readonly string[])[] = [];

  constructor(source: string, template: string, options: LexerOptions) {
    this.stream = new TokenStream(new Lexer(normalizeSource(source, options), template, options));
  }

  parse(): NodeOf<"Root"> {
    const body = this.#body();
    const { blocks } = this;
    const place: Place = { lineno: 1, colno: 1 };
    return node("Root", place, { body, blocks, hasExtends: this.#hasExtends, names: this.stream.names });
  }

  /** The statements up to one of the tags `ends`, which stays current unless `dropEnd`. */
  statements(ends: readonly string[], dropEnd = false): Stmt[] {
    const { stream } = this;
    stream.skip("colon");
    stream.expect("block_end");
    this.#ends.push(ends);
    const body = stream.nested(() => this.#body(ends));
    if (stream.current.type === "eof") this.#failUnclosed(undefined, stream.current);
    this.#ends.pop();
    if (dropEnd) stream.next();
    return body;
  }

  #body(ends?: readonly string[]): Stmt[] {
    const { stream } = this;
    const body: Stmt[] = [];
    let output: (Expr | NodeOf<"TemplateData">)[] = [];
    const flush = (): void => {
      const [first] = output;
      if (first) body.push(node("Output", first, { items: output }));
      output = [];
    };
    while (stream.current.type !== "eof") {
      const token = stream.next();
      if (token.type === "data") {
        output.push(node("TemplateData", token, { data: token.value }));
      } else if (token.type === "variable_begin") {
        output.push(parseTuple(stream));
        stream.expect("variable_end");
      } else {
        flush();
        if (ends && stream.current.type === "name" && ends.includes(stream.current.value)) return body;
        body.push(this.#statement());
        stream.expect("block_end");
      }
    }
    flush();
    return body;
  }

  #statement(): Stmt {
    const token = this.stream.current;
    if (token.type !== "name") this.stream.fail("tag name expected");
    const parse = statementParsers.get(token.value);
    if (!parse) return this.#failUnclosed(token.value, token);
    if (token.value === "extends") this.#hasExtends = true;
    this.#tags.push(token.value);
    const statement = parse(this);
    this.#tags.pop();
    return statement;
  }

  #failUnclosed(unknownTag: string | undefined, place: Place): never {
    const words = [
      unknownTag === undefined ? "Unexpected end of template." : `Encountered unknown tag '${unknownTag}'.`,
    ];
    const looking = this.#ends
      .at(-1)
      ?.map((end) => `'${end}'`)
      .join(" or ");
    if (looking && unknownTag !== undefined && this.#ends.some((ends) => ends.includes(unknownTag))) {
      words.push(
        `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${looking}.`,
      );
    } else if (looking) {
      words.push(`Jinja was looking for the following tags: ${looking}.`);
    }
    const open = this.#tags.at(-1);
    if (open !== undefined) words.push(`The innermost block that needs to be closed is '${open}'.`);
    return this.stream.fail(words.join(" "), place);
  }
}

/** Parses a template. @throws JinjaError `ERR_JINJA_SYNTAX` with line and column. */
export const parseTemplate = (source: string, template: string, options: LexerOptions): NodeOf<"Root"> =>
  new TemplateParser(source, template, options).parse();
