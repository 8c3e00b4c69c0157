import { type BinaryOperator, type CompareOperator, type Expr, node, type Place } from "./nodes.js";
import { parseFilterExpr, parseFilters, parsePostfix, parsePrimary } from "./parse-primary.js";
import type { TokenStream } from "./token-stream.js";

const compareOperators: ReadonlySet<string> = new Set(["eq", "ne", "lt", "lteq", "gt", "gteq"]);
const sums: ReadonlyMap<string, BinaryOperator> = new Map([
  ["add", "+"],
  ["sub", "-"],
]);
const products: ReadonlyMap<string, BinaryOperator> = new Map([
  ["mul", "*"],
  ["div", "/"],
  ["floordiv", "//"],
  ["mod", "%"],
]);
const powers: ReadonlyMap<string, BinaryOperator> = new Map([["pow", "**"]]);

/** Jinja2's expression: a conditional, or without `withCondition` anything below it. */
export function parseExpression(stream: TokenStream, withCondition = true): Expr {
  return stream.nested(() => (withCondition ? parseConditional(stream) : parseOr(stream)));
}

function parseConditional(stream: TokenStream): Expr {
  let place: Place = stream.current;
  let body = parseOr(stream);
  let links = 0;
  while (stream.skipName("if")) {
    stream.checkChain(++links);
    const cond = parseOr(stream);
    const else_ = stream.skipName("else") ? stream.nested(() => parseConditional(stream)) : null;
    body = node("InlineIf", place, { cond, body, else_ });
    place = stream.current;
  }
  return body;
}

function parseOr(stream: TokenStream): Expr {
  let place: Place = stream.current;
  let left = parseAnd(stream);
  let links = 0;
  while (stream.skipName("or")) {
    stream.checkChain(++links);
    left = node("Or", place, { left, right: parseAnd(stream) });
    place = stream.current;
  }
  return left;
}

function parseAnd(stream: TokenStream): Expr {
  let place: Place = stream.current;
  let left = parseNot(stream);
  let links = 0;
  while (stream.skipName("and")) {
    stream.checkChain(++links);
    left = node("And", place, { left, right: parseNot(stream) });
    place = stream.current;
  }
  return left;
}

function parseNot(stream: TokenStream): Expr {
  if (!stream.isName("not")) return parseCompare(stream);
  const place = stream.next();
  return node("Not", place, { target: stream.nested(() => parseNot(stream)) });
}

function parseCompare(stream: TokenStream): Expr {
  const place: Place = stream.current;
  const expr = parseSum(stream);
  const ops: { op: CompareOperator; expr: Expr }[] = [];
  for (;;) {
    const op = compareOperator(stream);
    if (!op) break;
    ops.push({ op, expr: parseSum(stream) });
  }
  return ops.length === 0 ? expr : node("Compare", place, { expr, ops });
}

function compareOperator(stream: TokenStream): CompareOperator | undefined {
  const { type } = stream.current;
  if (compareOperators.has(type)) {
    stream.next();
    return type as CompareOperator;
  }
  if (type !== "name") return undefined;
  if (stream.skipName("in")) return "in";
  if (!stream.isName("not")) return undefined;
  const ahead = stream.look();
  if (ahead.type !== "name" || ahead.value !== "in") return undefined;
  stream.next();
  stream.next();
  return "notin";
}

type Operators = ReadonlyMap<string, BinaryOperator>;

function parseBinary(stream: TokenStream, operators: Operators, parseOperand: (stream: TokenStream) => Expr): Expr {
  let place: Place = stream.current;
  let left = parseOperand(stream);
  let links = 0;
  for (;;) {
    const op = operators.get(stream.current.type);
    if (!op) return left;
    stream.checkChain(++links);
    stream.next();
    left = node("BinOp", place, { op, left, right: parseOperand(stream) });
    place = stream.current;
  }
}

const parseSum = (stream: TokenStream): Expr => parseBinary(stream, sums, parseConcat);

function parseConcat(stream: TokenStream): Expr {
  const place: Place = stream.current;
  const first = parseProduct(stream);
  if (stream.current.type !== "tilde") return first;
  const items = [first];
  while (stream.skip("tilde")) items.push(parseProduct(stream));
  return node("Concat", place, { items });
}

const parseProduct = (stream: TokenStream): Expr => parseBinary(stream, products, parsePower);
const parsePower = (stream: TokenStream): Expr => parseBinary(stream, powers, (operand) => parseUnary(operand, true));

function parseUnary(stream: TokenStream, withFilter: boolean): Expr {
  const place: Place = stream.current;
  let operand: Expr;
  if (stream.skip("sub")) {
    operand = node("Neg", place, { target: stream.nested(() => parseUnary(stream, false)) });
  } else if (stream.skip("add")) {
    operand = node("Pos", place, { target: stream.nested(() => parseUnary(stream, false)) });
  } else {
    operand = parsePrimary(stream);
  }
  operand = parsePostfix(stream, operand);
  return withFilter ? parseFilterExpr(stream, operand) : operand;
}

interface TupleOptions {
  /** Parses primaries only: targets of assignments. */
  readonly simplified?: boolean;
  readonly withCondition?: boolean;
  /** A name that ends the tuple, such as `in`. */
  readonly endName?: string;
  /** Inside parentheses, where nothing at all is the empty tuple. */
  readonly explicitParentheses?: boolean;
}

/** One expression, or several with commas as a tuple. */
export function parseTuple(stream: TokenStream, options: TupleOptions = {}): Expr {
  const { simplified = false, withCondition = true, endName, explicitParentheses = false } = options;
  let place: Place = stream.current;
  const items: Expr[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) stream.expect("comma");
    if (isTupleEnd(stream, endName)) break;
    items.push(simplified ? parsePrimary(stream) : parseExpression(stream, withCondition));
    if (stream.current.type !== "comma") break;
    isTuple = true;
    place = stream.current;
  }
  const [only] = items;
  if (!isTuple) {
    if (only) return only;
    if (!explicitParentheses)
      stream.fail(`Expected an expression, got '${stream.current.value || stream.current.type}'`);
  }
  return node("Group", place, { items });
}

function isTupleEnd(stream: TokenStream, endName: string | undefined): boolean {
  const { type } = stream.current;
  if (type === "variable_end" || type === "block_end" || type === "rparen") return true;
  return endName !== undefined && stream.isName(endName);
}

export { parseFilters };
