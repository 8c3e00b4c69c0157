import { type Expr, type NodeOf, node, type Place, type Stmt, type Target } from "./nodes.js";
import { parseExpression, parseFilters, parseTuple } from "./parse-expression.js";
import { parseFromImport, parseImport, parseInclude } from "./parse-import.js";
import { asTarget, parseNameTarget, parseTarget } from "./parse-target.js";
import type { TemplateParser } from "./parser.js";
import type { TokenStream } from "./token-stream.js";

type StatementParser = (parser: TemplateParser) => Stmt;

/** Parsers of every tag; each begins at the tag's name and ends before `%}`. */
export const statementParsers: ReadonlyMap<string, StatementParser> = new Map<string, StatementParser>([
  ["for", parseFor],
  ["if", parseIf],
  ["block", parseBlock],
  ["extends", ({ stream }) => node("Extends", stream.next(), { template: parseExpression(stream) })],
  ["print", parsePrint],
  ["macro", parseMacro],
  ["include", ({ stream }) => parseInclude(stream)],
  ["from", ({ stream }) => parseFromImport(stream)],
  ["import", ({ stream }) => parseImport(stream)],
  ["set", parseSet],
  ["with", parseWith],
  ["autoescape", parseAutoescape],
  ["call", parseCallBlock],
  ["filter", parseFilterBlock],
  ["do", ({ stream }) => node("Do", stream.next(), { value: parseTuple(stream) })],
]);

function parseFor(parser: TemplateParser): Stmt {
  const { stream } = parser;
  const place = stream.expectName("for");
  const target = parseTarget(stream, { endName: "in" });
  stream.expectName("in");
  const iter = parseTuple(stream, { withCondition: false, endName: "recursive" });
  const test = stream.skipName("if") ? parseExpression(stream) : null;
  const recursive = stream.skipName("recursive");
  const scopedBefore = parser.scopedBlocks;
  const body = parser.statements(["endfor", "else"]);
  const else_ = stream.next().value === "endfor" ? [] : parser.statements(["endfor"], true);
  const hasScopedBlock = parser.scopedBlocks > scopedBefore;
  return node("For", place, { target, iter, test, recursive, body, else_, hasScopedBlock });
}

function parseIf(parser: TemplateParser): Stmt {
  const { stream } = parser;
  const ends = ["elif", "else", "endif"];
  const branch = (place: Place): NodeOf<"If"> => {
    const cond = parseTuple(stream, { withCondition: false });
    return node("If", place, { cond, body: parser.statements(ends), elif_: [], else_: [] });
  };
  const result = branch(stream.expectName("if"));
  for (;;) {
    const end = stream.next();
    if (end.value === "elif") {
      result.elif_.push(branch(stream.current));
      continue;
    }
    if (end.value === "else") result.else_ = parser.statements(["endif"], true);
    return result;
  }
}

function parseBlock(parser: TemplateParser): Stmt {
  const { stream } = parser;
  const place = stream.next();
  const name = stream.expect("name").value;
  const scoped = stream.skipName("scoped");
  const required = stream.skipName("required");
  if (stream.current.type === "sub") {
    stream.fail(
      "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.",
    );
  }
  const body = parser.statements(["endblock"], true);
  if (required && !body.every(isBlank)) stream.fail("Required blocks can only contain comments or whitespace");
  stream.skipName(name);
  if (scoped) parser.scopedBlocks++;
  const block = node("Block", place, { name, scoped, required, body });
  parser.blocks.push(block);
  return block;
}

const isBlank = (statement: Stmt): boolean =>
  statement.typename === "Output" &&
  statement.items.every((item) => item.typename === "TemplateData" && item.data.trim() === "");

function parsePrint({ stream }: TemplateParser): Stmt {
  const place = stream.next();
  const items: Expr[] = [];
  while (stream.current.type !== "block_end") {
    if (items.length > 0) stream.expect("comma");
    items.push(parseExpression(stream));
  }
  return node("Output", place, { items });
}

function parseSet(parser: TemplateParser): Stmt {
  const { stream } = parser;
  const place = stream.next();
  const target = parseTarget(stream, { withNamespace: true });
  if (stream.skip("assign")) return node("Set", place, { target, value: parseTuple(stream) });
  const filter = parseFilters(stream, null);
  return node("BlockSet", place, { target, filter, body: parser.statements(["endset"], true) });
}

function parseWith(parser: TemplateParser): Stmt {
  const { stream } = parser;
  const place = stream.next();
  const targets: Target[] = [];
  const values: Expr[] = [];
  while (stream.current.type !== "block_end") {
    if (targets.length > 0) stream.expect("comma");
    targets.push(asTarget(stream, parseTarget(stream), "param"));
    stream.expect("assign");
    values.push(parseExpression(stream));
  }
  return node("With", place, { targets, values, body: parser.statements(["endwith"], true) });
}

function parseAutoescape(parser: TemplateParser): Stmt {
  const { stream } = parser;
  const place = stream.next();
  const value = parseExpression(stream);
  return node("Autoescape", place, { value, body: parser.statements(["endautoescape"], true) });
}

interface Signature {
  readonly args: NodeOf<"Symbol">[];
  readonly defaults: Expr[];
}

function parseSignature(stream: TokenStream): Signature {
  const args: NodeOf<"Symbol">[] = [];
  const defaults: Expr[] = [];
  stream.expect("lparen");
  while (stream.current.type !== "rparen") {
    if (args.length > 0) stream.expect("comma");
    const arg = parseNameTarget(stream, "param");
    if (stream.skip("assign")) defaults.push(parseExpression(stream));
    else if (defaults.length > 0) stream.fail("non-default argument follows default argument");
    args.push(arg);
  }
  stream.expect("rparen");
  return { args, defaults };
}

function parseMacro(parser: TemplateParser): Stmt {
  const { stream } = parser;
  const place = stream.next();
  const { name } = parseNameTarget(stream);
  const signature = parseSignature(stream);
  return node("Macro", place, { name, ...signature, body: parser.statements(["endmacro"], true) });
}

function parseCallBlock(parser: TemplateParser): Stmt {
  const { stream } = parser;
  const place = stream.next();
  const signature = stream.current.type === "lparen" ? parseSignature(stream) : { args: [], defaults: [] };
  const call = parseExpression(stream);
  if (call.typename !== "FunCall") return stream.fail("expected call", place);
  return node("Caller", place, { call, ...signature, body: parser.statements(["endcall"], true) });
}

function parseFilterBlock(parser: TemplateParser): Stmt {
  const { stream } = parser;
  const place = stream.next();
  const filter = parseFilters(stream, null, true);
  if (!filter) return stream.fail("expected a filter", place);
  return node("FilterBlock", place, { filter, body: parser.statements(["endfilter"], true) });
}
