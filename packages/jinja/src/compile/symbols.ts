import { type AnyNode, type Expr, eachChild, type NodeOf, type Stmt } from "../syntax/nodes.js";

/** One function of the compiled template (root, block, macro, recursive loop): owner of a frame's slots. */
export class FunctionScope {
  slots = 0;
  readonly #refs = new Map<string, Ref>();
  constructor(readonly parent: FunctionScope | undefined) {}

  /** The slot of a name at a scope level; scopes side by side share it, as they do in Jinja2. */
  ref(level: number, name: string): Ref {
    const key = `${level} ${name}`;
    let ref = this.#refs.get(key);
    if (!ref) {
      ref = { scope: this, slot: this.slots++, name };
      this.#refs.set(key, ref);
    }
    return ref;
  }

  /** A slot no name has. */
  temporary(): number {
    return this.slots++;
  }
}

/** A variable: a slot in the frame of a function. */
export interface Ref {
  readonly scope: FunctionScope;
  readonly slot: number;
  readonly name: string;
}

/** How a variable gets its value when its scope is entered. */
export type Load =
  | { readonly kind: "param" }
  | { readonly kind: "resolve"; readonly name: string }
  | { readonly kind: "alias"; readonly ref: Ref }
  | { readonly kind: "undefined" };

const param: Load = { kind: "param" };
const unset: Load = { kind: "undefined" };

/**
 * The names of one scope, resolved before it runs, exactly by Jinja2's rules (its `idtracking`): which variable a name
 * means depends on where in the scope it is first read or written, not on what happened at run time.
 */
export class Symbols {
  readonly level: number;
  refs = new Map<string, Ref>();
  loads = new Map<Ref, Load>();
  stores = new Set<string>();

  constructor(
    readonly scope: FunctionScope,
    readonly parent: Symbols | undefined,
    level?: number,
  ) {
    this.level = level ?? (parent ? parent.level + 1 : 0);
  }

  copy(): Symbols {
    const copy = new Symbols(this.scope, this.parent, this.level);
    copy.refs = new Map(this.refs);
    copy.loads = new Map(this.loads);
    copy.stores = new Set(this.stores);
    return copy;
  }

  #define(name: string, load: Load): Ref {
    const ref = this.scope.ref(this.level, name);
    this.refs.set(name, ref);
    this.loads.set(ref, load);
    return ref;
  }

  find(name: string): Ref | undefined {
    return this.refs.get(name) ?? this.parent?.find(name);
  }

  store(name: string): void {
    this.stores.add(name);
    if (this.refs.has(name)) return;
    const outer = this.parent?.find(name);
    this.#define(name, outer ? { kind: "alias", ref: outer } : unset);
  }

  declareParameter(name: string): Ref {
    this.stores.add(name);
    return this.#define(name, param);
  }

  load(name: string): void {
    if (!this.find(name)) this.#define(name, { kind: "resolve", name });
  }

  /** Merges the branches of an if: what only some of them set may still come from outside. */
  mergeBranches(branches: readonly Symbols[]): void {
    const counts = new Map<string, number>();
    for (const branch of branches) {
      for (const name of branch.stores) if (!this.stores.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const branch of branches) {
      for (const [name, ref] of branch.refs) this.refs.set(name, ref);
      for (const [ref, load] of branch.loads) this.loads.set(ref, load);
      for (const name of branch.stores) this.stores.add(name);
    }
    for (const [name, count] of counts) {
      const target = count === branches.length ? undefined : this.find(name);
      if (!target) continue;
      const outer = this.parent?.find(name);
      this.loads.set(target, outer ? { kind: "alias", ref: outer } : { kind: "resolve", name });
    }
  }

  /** Every variable set in this scope and those around it, innermost first. */
  allStores(): Map<string, Ref> {
    const out = new Map<string, Ref>();
    for (let symbols: Symbols | undefined = this; symbols; symbols = symbols.parent) {
      for (const name of symbols.stores) {
        const ref = out.has(name) ? undefined : this.find(name);
        if (ref) out.set(name, ref);
      }
    }
    return out;
  }

  analyze(nodes: readonly (AnyNode | Expr | Stmt)[], asParameters = false): void {
    for (const node of nodes) visit(this, node, asParameters);
  }
}

function visit(symbols: Symbols, node: AnyNode, asParameters = false): void {
  switch (node.typename) {
    case "Symbol":
      if (asParameters || node.use === "param") symbols.declareParameter(node.name);
      else if (node.use === "store") symbols.store(node.name);
      else symbols.load(node.name);
      return;
    case "NSRef":
      symbols.load(node.name);
      return;
    case "If":
      visitIf(symbols, node);
      return;
    case "Macro":
      symbols.store(node.name);
      return;
    case "Import":
      visit(symbols, node.template);
      symbols.store(node.target);
      return;
    case "FromImport":
      visit(symbols, node.template);
      for (const { alias } of node.names) symbols.store(alias);
      return;
    case "Set":
      visit(symbols, node.value);
      visit(symbols, node.target);
      return;
    case "For":
      visit(symbols, node.iter);
      return;
    case "Caller":
      visit(symbols, node.call);
      return;
    case "FilterBlock":
      visit(symbols, node.filter);
      return;
    case "With":
      symbols.analyze(node.values);
      return;
    case "BlockSet":
      visit(symbols, node.target);
      return;
    case "Block":
    case "Autoescape":
      return;
    default:
      eachChild(node, (child) => visit(symbols, child, asParameters));
  }
}

function visitIf(symbols: Symbols, node: NodeOf<"If">): void {
  visit(symbols, node.cond);
  const branches = [node.body, node.elif_, node.else_].map((nodes) => {
    const branch = symbols.copy();
    branch.analyze(nodes);
    return branch;
  });
  symbols.mergeBranches(branches);
}

/** Which of `names` are read in `nodes` before anything there assigns them. */
export function findUndeclared(nodes: readonly AnyNode[], names: readonly string[]): ReadonlySet<string> {
  const wanted = new Set(names);
  const found = new Set<string>();
  const search = (node: AnyNode): void => {
    if (node.typename === "Block") return;
    if (node.typename === "Symbol") {
      if (node.use === "load" && wanted.has(node.name)) found.add(node.name);
      else wanted.delete(node.name);
      return;
    }
    eachChild(node, search);
  };
  for (const node of nodes) search(node);
  return found;
}
