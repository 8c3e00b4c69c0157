import { type NodeOf, node } from "./nodes.js";
import { parseExpression } from "./parse-expression.js";
import { parseNameTarget } from "./parse-target.js";
import type { TokenStream } from "./token-stream.js";

/** `with context` or `without context`, taken when it stands here. */
function parseContext(stream: TokenStream): boolean | undefined {
  if (!stream.isName("with") && !stream.isName("without")) return undefined;
  const ahead = stream.look();
  if (ahead.type !== "name" || ahead.value !== "context") return undefined;
  const withContext = stream.next().value === "with";
  stream.next();
  return withContext;
}

/** `include EXPR [ignore missing] [with|without context]`. */
export function parseInclude(stream: TokenStream): NodeOf<"Include"> {
  const place = stream.next();
  const template = parseExpression(stream);
  const ahead = stream.isName("ignore") ? stream.look() : undefined;
  const ignoreMissing = ahead?.type === "name" && ahead.value === "missing";
  if (ignoreMissing) {
    stream.next();
    stream.next();
  }
  return node("Include", place, { template, ignoreMissing, withContext: parseContext(stream) ?? true });
}

/** `import EXPR as NAME [with|without context]`. */
export function parseImport(stream: TokenStream): NodeOf<"Import"> {
  const place = stream.next();
  const template = parseExpression(stream);
  stream.expectName("as");
  const target = parseNameTarget(stream).name;
  return node("Import", place, { template, target, withContext: parseContext(stream) ?? false });
}

/** `from EXPR import NAME [as ALIAS], ... [with|without context]`. */
export function parseFromImport(stream: TokenStream): NodeOf<"FromImport"> {
  const place = stream.next();
  const template = parseExpression(stream);
  stream.expectName("import");
  const names: { name: string; alias: string }[] = [];
  let withContext: boolean | undefined;
  for (;;) {
    if (names.length > 0) stream.expect("comma");
    if (stream.current.type !== "name") stream.expect("name");
    withContext = parseContext(stream);
    if (withContext !== undefined) break;
    const target = parseNameTarget(stream);
    if (target.name.startsWith("_")) {
      stream.fail("names starting with an underline can not be imported", target, "TemplateAssertionError");
    }
    names.push({ name: target.name, alias: stream.skipName("as") ? parseNameTarget(stream).name : target.name });
    withContext = parseContext(stream);
    if (withContext !== undefined || stream.current.type !== "comma") break;
  }
  return node("FromImport", place, { template, names, withContext: withContext ?? false });
}
