import { type CallShape, type Expr, type Keyword, type NodeOf, node, type Place } from "./nodes.js";
import { numberLiteral } from "./number-literal.js";
import { parseExpression, parseTuple } from "./parse-expression.js";
import type { TokenStream } from "./token-stream.js";
import { describeToken } from "./tokens.js";

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

/** Whether a name is a constant, which nothing can be assigned to. */
export const isConstantName = (name: string): boolean => constants.has(name);

/** A name, literal, parenthesis, list or dict. */
export function parsePrimary(stream: TokenStream): Expr {
  const token = stream.current;
  switch (token.type) {
    case "name": {
      stream.next();
      const constant = constants.get(token.value);
      if (constant !== undefined) return node("Literal", token, { value: constant });
      stream.names.add(token.value);
      return node("Symbol", token, { name: token.value, use: "load" });
    }
    case "string":
      return parseStrings(stream);
    case "integer":
    case "float":
      stream.next();
      return node("Literal", token, { value: numberLiteral(token.type, token.value) });
    case "lparen": {
      stream.next();
      const inside = stream.nested(() => parseTuple(stream, { explicitParentheses: true }));
      stream.expect("rparen");
      return inside;
    }
    case "lbracket":
      return stream.nested(() => parseList(stream));
    case "lbrace":
      return stream.nested(() => parseDict(stream));
    default:
      return stream.fail(`unexpected '${describeToken(token)}'`);
  }
}

function parseStrings(stream: TokenStream): Expr {
  const place = stream.next();
  let value = place.value;
  while (stream.current.type === "string") value += stream.next().value;
  return node("Literal", place, { value });
}

function parseList(stream: TokenStream): Expr {
  const place = stream.expect("lbracket");
  const items: Expr[] = [];
  while (stream.current.type !== "rbracket") {
    if (items.length > 0) stream.expect("comma");
    if (stream.current.type === "rbracket") break;
    items.push(parseExpression(stream));
  }
  stream.expect("rbracket");
  return node("Array", place, { items });
}

function parseDict(stream: TokenStream): Expr {
  const place = stream.expect("lbrace");
  const items: { key: Expr; value: Expr }[] = [];
  while (stream.current.type !== "rbrace") {
    if (items.length > 0) stream.expect("comma");
    if (stream.current.type === "rbrace") break;
    const key = parseExpression(stream);
    stream.expect("colon");
    items.push({ key, value: parseExpression(stream) });
  }
  stream.expect("rbrace");
  return node("Dict", place, { items });
}

/** Attributes, subscripts and calls after an operand. */
export function parsePostfix(stream: TokenStream, operand: Expr): Expr {
  let result = operand;
  for (let links = 0; ; links++) {
    stream.checkChain(links);
    const { type } = stream.current;
    if (type === "dot" || type === "lbracket") result = parseSubscript(stream, result);
    else if (type === "lparen") result = parseCall(stream, result);
    else return result;
  }
}

/** Filters, tests and calls after an operand. */
export function parseFilterExpr(stream: TokenStream, operand: Expr): Expr {
  let result = operand;
  for (let links = 0; ; links++) {
    stream.checkChain(links);
    if (stream.current.type === "pipe") result = parseFilters(stream, result) ?? result;
    else if (stream.isName("is")) result = parseTest(stream, result);
    else if (stream.current.type === "lparen") result = parseCall(stream, result);
    else return result;
  }
}

function parseSubscript(stream: TokenStream, target: Expr): Expr {
  const place = stream.next();
  if (place.type === "dot") {
    const attr = stream.next();
    if (attr.type === "name") return node("Getattr", place, { target, attr: attr.value });
    if (attr.type !== "integer") stream.fail("expected name or number", attr);
    return node("LookupVal", place, {
      target,
      val: node("Literal", attr, { value: numberLiteral("integer", attr.value) }),
    });
  }
  const args: Expr[] = [];
  while (stream.current.type !== "rbracket") {
    if (args.length > 0) stream.expect("comma");
    args.push(parseSubscribed(stream));
  }
  stream.expect("rbracket");
  const [only] = args;
  const val = only && args.length === 1 ? only : node("Group", place, { items: args });
  return node("LookupVal", place, { target, val });
}

function parseSubscribed(stream: TokenStream): Expr {
  const place: Place = stream.current;
  const atEnd = (): boolean => stream.current.type === "rbracket" || stream.current.type === "comma";
  let start: Expr | null = null;
  if (stream.current.type !== "colon") {
    start = parseExpression(stream);
    if (stream.current.type !== "colon") return start;
  }
  stream.next();
  const stop = stream.current.type === "colon" || atEnd() ? null : parseExpression(stream);
  const step = stream.skip("colon") && !atEnd() ? parseExpression(stream) : null;
  return node("Slice", place, { start, stop, step });
}

function parseCall(stream: TokenStream, target: Expr): NodeOf<"FunCall"> {
  const place = stream.current;
  return node("FunCall", place, { target, ...parseArguments(stream) });
}

const noArguments = (): CallShape => ({ args: [], kwargs: [], dynArgs: null, dynKwargs: null });

function parseArguments(stream: TokenStream): CallShape {
  const place = stream.expect("lparen");
  const shape: CallShape = noArguments();
  const ensure = (ok: boolean): void => {
    if (!ok) stream.fail("invalid syntax for function call expression", place);
  };
  let first = true;
  while (stream.current.type !== "rparen") {
    if (!first) {
      stream.expect("comma");
      if (stream.current.type === "rparen") break;
    }
    first = false;
    parseArgument(stream, shape, ensure);
  }
  stream.expect("rparen");
  return shape;
}

function parseArgument(stream: TokenStream, shape: CallShape, ensure: (ok: boolean) => void): void {
  if (stream.current.type === "mul") {
    ensure(!shape.dynArgs && !shape.dynKwargs);
    stream.next();
    shape.dynArgs = parseExpression(stream);
  } else if (stream.current.type === "pow") {
    ensure(!shape.dynKwargs);
    stream.next();
    shape.dynKwargs = parseExpression(stream);
  } else if (stream.current.type === "name" && stream.look().type === "assign") {
    ensure(!shape.dynKwargs);
    const key = stream.next().value;
    stream.next();
    const keyword: Keyword = { key, value: parseExpression(stream) };
    shape.kwargs.push(keyword);
  } else {
    ensure(!shape.dynArgs && !shape.dynKwargs && shape.kwargs.length === 0);
    shape.args.push(parseExpression(stream));
  }
}

function parseDottedName(stream: TokenStream): string {
  let name = stream.expect("name").value;
  while (stream.skip("dot")) name += `.${stream.expect("name").value}`;
  return name;
}

/** `| name(args)...` after `target`, null where the text of a block is filtered; null when there is no filter. */
export function parseFilters(stream: TokenStream, target: Expr | null, inline = false): NodeOf<"Filter"> | null {
  let result: NodeOf<"Filter"> | null = null;
  let first = inline;
  let links = 0;
  while (first || stream.skip("pipe")) {
    stream.checkChain(++links);
    first = false;
    const place = stream.current;
    const name = parseDottedName(stream);
    const shape = stream.current.type === "lparen" ? parseArguments(stream) : noArguments();
    result = node("Filter", place, { target: result ?? target, name, ...shape });
  }
  return result;
}

const argumentStarts: ReadonlySet<string> = new Set(["name", "string", "integer", "float", "lbracket", "lbrace"]);

function parseTest(stream: TokenStream, target: Expr): Expr {
  const place = stream.next();
  const negated = stream.skipName("not");
  const name = parseDottedName(stream);
  let shape = noArguments();
  if (stream.current.type === "lparen") {
    shape = parseArguments(stream);
  } else if (argumentStarts.has(stream.current.type) && !["else", "or", "and"].some((end) => stream.isName(end))) {
    if (stream.isName("is")) stream.fail("You cannot chain multiple tests with is");
    shape.args.push(parsePostfix(stream, parsePrimary(stream)));
  }
  const test = node("Is", place, { target, name, ...shape });
  return negated ? node("Not", place, { target: test }) : test;
}
