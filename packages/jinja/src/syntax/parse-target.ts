import { type Expr, type NodeOf, node, type Target } from "./nodes.js";
import { parseTuple } from "./parse-expression.js";
import { isConstantName } from "./parse-primary.js";
import type { TokenStream } from "./token-stream.js";

interface TargetOptions {
  /** A name that ends the target, such as `in`. */
  readonly endName?: string;
  readonly withNamespace?: boolean;
}

/** The left side of an assignment. */
export function parseTarget(stream: TokenStream, options: TargetOptions = {}): Target {
  if (options.withNamespace && stream.look().type === "dot") {
    const place = stream.expect("name");
    stream.next();
    stream.names.add(place.value);
    return node("NSRef", place, { name: place.value, attr: stream.expect("name").value });
  }
  const target = parseTuple(stream, {
    simplified: true,
    ...(options.endName === undefined ? {} : { endName: options.endName }),
  });
  return asTarget(stream, target, "store");
}

/** Turns an expression into what is assigned to, or refuses it. */
export function asTarget(stream: TokenStream, target: Expr, use: "store" | "param"): Target {
  if (target.typename === "Symbol") {
    target.use = use;
    return target;
  }
  if (target.typename === "Group") {
    for (const item of target.items) asTarget(stream, item, use);
    return target;
  }
  return stream.fail(`can't assign to '${target.typename.toLowerCase()}'`, target);
}

/** A single name to be assigned to. */
export function parseNameTarget(stream: TokenStream, use: "store" | "param" = "store"): NodeOf<"Symbol"> {
  const token = stream.expect("name");
  if (isConstantName(token.value)) stream.fail("can't assign to 'name'", token);
  stream.names.add(token.value);
  return node("Symbol", token, { name: token.value, use });
}
