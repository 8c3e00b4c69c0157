import stock from "nunjucks/src/nodes.js";
import type { Value } from "../runtime/values.js";

/** Where a node begins; both count from 1. */
export interface Place {
  readonly lineno: number;
  readonly colno: number;
}

type NameUse = "load" | "store" | "param";

/** Arguments of a call, a filter or a test. */
export interface CallShape {
  args: Expr[];
  kwargs: Keyword[];
  dynArgs: Expr | null;
  dynKwargs: Expr | null;
}

export interface Keyword {
  readonly key: string;
  readonly value: Expr;
}

interface MacroShape {
  args: NodeOf<"Symbol">[];
  defaults: Expr[];
  body: Stmt[];
}

export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type CompareOperator = "eq" | "ne" | "lt" | "lteq" | "gt" | "gteq" | "in" | "notin";

/** Fields of every kind of node. Kinds nunjucks has keep its name. */
interface Shapes {
  // expressions
  Literal: { value: Value };
  Symbol: { name: string; use: NameUse };
  NSRef: { name: string; attr: string };
  Group: { items: Expr[] };
  Array: { items: Expr[] };
  Dict: { items: { key: Expr; value: Expr }[] };
  LookupVal: { target: Expr; val: Expr };
  Getattr: { target: Expr; attr: string };
  Slice: { start: Expr | null; stop: Expr | null; step: Expr | null };
  FunCall: { target: Expr } & CallShape;
  Filter: { target: Expr | null; name: string } & CallShape;
  Is: { target: Expr; name: string } & CallShape;
  InlineIf: { cond: Expr; body: Expr; else_: Expr | null };
  And: { left: Expr; right: Expr };
  Or: { left: Expr; right: Expr };
  Not: { target: Expr };
  Neg: { target: Expr };
  Pos: { target: Expr };
  BinOp: { op: BinaryOperator; left: Expr; right: Expr };
  Concat: { items: Expr[] };
  Compare: { expr: Expr; ops: { op: CompareOperator; expr: Expr }[] };
  // statements
  Root: { body: Stmt[]; hasExtends: boolean; names: ReadonlySet<string>; blocks: NodeOf<"Block">[] };
  TemplateData: { data: string };
  Output: { items: (Expr | NodeOf<"TemplateData">)[] };
  Extends: { template: Expr };
  Block: { name: string; scoped: boolean; required: boolean; body: Stmt[] };
  Include: { template: Expr; ignoreMissing: boolean; withContext: boolean };
  Import: { template: Expr; target: string; withContext: boolean };
  FromImport: { template: Expr; names: { name: string; alias: string }[]; withContext: boolean };
  Macro: { name: string } & MacroShape;
  Caller: { call: NodeOf<"FunCall"> } & MacroShape;
  Set: { target: Target; value: Expr };
  BlockSet: { target: Target; filter: NodeOf<"Filter"> | null; body: Stmt[] };
  FilterBlock: { filter: NodeOf<"Filter">; body: Stmt[] };
  For: {
    target: Target;
    iter: Expr;
    test: Expr | null;
    recursive: boolean;
    body: Stmt[];
    else_: Stmt[];
    hasScopedBlock: boolean;
  };
  If: { cond: Expr; body: Stmt[]; elif_: NodeOf<"If">[]; else_: Stmt[] };
  With: { targets: Target[]; values: Expr[]; body: Stmt[] };
  Autoescape: { value: Expr; body: Stmt[] };
  Do: { value: Expr };
}

export type NodeKind = keyof Shapes;
export type NodeOf<K extends NodeKind> = Shapes[K] & Place & { readonly typename: K };
export type AnyNode = { [K in NodeKind]: NodeOf<K> }[NodeKind];

type ExprKind = Exclude<NodeKind, StmtKind | "TemplateData" | "Root">;
type StmtKind =
  | "Output"
  | "Extends"
  | "Block"
  | "Include"
  | "Import"
  | "FromImport"
  | "Macro"
  | "Caller"
  | "Set"
  | "BlockSet"
  | "FilterBlock"
  | "For"
  | "If"
  | "With"
  | "Autoescape"
  | "Do";
export type Expr = { [K in ExprKind]: NodeOf<K> }[ExprKind];
export type Stmt = { [K in StmtKind]: NodeOf<K> }[StmtKind];
/** What can stand left of an assignment. */
export type Target = NodeOf<"Symbol"> | NodeOf<"NSRef"> | NodeOf<"Group">;

// The order in which the children are visited decides which of two uses of a name is the first (see symbols.ts).
const fields: Readonly<Record<NodeKind, readonly string[]>> = {
  Literal: [],
  Symbol: [],
  NSRef: [],
  Group: ["items"],
  Array: ["items"],
  Dict: ["items"],
  LookupVal: ["target", "val"],
  Getattr: ["target"],
  Slice: ["start", "stop", "step"],
  FunCall: ["target", "args", "kwargs", "dynArgs", "dynKwargs"],
  Filter: ["target", "args", "kwargs", "dynArgs", "dynKwargs"],
  Is: ["target", "args", "kwargs", "dynArgs", "dynKwargs"],
  InlineIf: ["cond", "body", "else_"],
  And: ["left", "right"],
  Or: ["left", "right"],
  Not: ["target"],
  Neg: ["target"],
  Pos: ["target"],
  BinOp: ["left", "right"],
  Concat: ["items"],
  Compare: ["expr", "ops"],
  Root: ["body"],
  TemplateData: [],
  Output: ["items"],
  Extends: ["template"],
  Block: ["body"],
  Include: ["template"],
  Import: ["template"],
  FromImport: ["template"],
  Macro: ["args", "defaults", "body"],
  Caller: ["call", "args", "defaults", "body"],
  Set: ["target", "value"],
  BlockSet: ["target", "filter", "body"],
  FilterBlock: ["body", "filter"],
  For: ["target", "iter", "body", "else_", "test"],
  If: ["cond", "body", "elif_", "else_"],
  With: ["targets", "values", "body"],
  Autoescape: ["value", "body"],
  Do: ["value"],
};

function init(this: object, place: Place, shape: object): void {
  Object.assign(this, { lineno: place.lineno, colno: place.colno }, shape);
}

type NodeClass = new (place: Place, shape: object) => unknown;

// A class of nunjucks where it has one of that meaning, a new subclass of its `Node` where Jinja2 has more.
const classes = Object.fromEntries(
  (Object.keys(fields) as NodeKind[]).map((kind) => [kind, (stock[kind] ?? stock.Node)?.extend(kind, { init })]),
) as unknown as Readonly<Record<NodeKind, NodeClass>>;

/** Makes a node of the syntax tree. */
export function node<K extends NodeKind>(typename: K, place: Place, shape: Shapes[K]): NodeOf<K> {
  return new classes[typename](place, shape) as NodeOf<K>;
}

/** Calls `visit` with every direct child node, in the order Jinja2 visits them. */
export function eachChild(parent: AnyNode, visit: (child: AnyNode) => void): void {
  const record = parent as unknown as Readonly<Record<string, unknown>>;
  for (const field of fields[parent.typename]) visitField(record[field], visit);
}

function visitField(value: unknown, visit: (child: AnyNode) => void): void {
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    for (const item of value) visitField(item, visit);
  } else if ("typename" in value) {
    visit(value as AnyNode);
  } else {
    // A dict's pair, a keyword argument or a comparison's operand.
    for (const part of Object.values(value)) visitField(part, visit);
  }
}
