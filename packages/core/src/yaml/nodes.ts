import type { Document, Node, Pair, Scalar, YAMLMap } from "yaml";
import { positionAt } from "./position.js";
import { Refused } from "./refused.js";
import { mergeMark, type Resolved, resolvePlain, resolveTagged } from "./resolve.js";
import { type YamlErrorCode, type YamlSource, yamlError } from "./yaml-error.js";

/** The `yaml` package, loaded only when positions are needed: it costs 30 ms at start. */
export type YamlLibrary = typeof import("yaml");

/** A text as nodes with positions. */
export interface YamlNodes {
  readonly yaml: YamlLibrary;
  readonly document: Document;
  readonly root: Node | null;
  /** The first complaint of `yaml`, which is stricter than libyaml in places. */
  readonly error: Error | undefined;
}

// A repair parses the text once more.
const maxRepairs = 100;
const maxRepairedLength = 1_000_000;

/**
 * Parses a text into nodes. libyaml reads quoted texts, lists and mappings in brackets that go on at column 1, `yaml`
 * does not: with `repair` (the text is known to be readable) such line breaks are taken as blanks, which moves nothing.
 */
export function parseNodes(yaml: YamlLibrary, source: YamlSource, repair: boolean): YamlNodes {
  let text = source.text;
  const repairs = repair ? Math.min(maxRepairs, maxRepairedLength / (text.length + 1)) : 0;
  for (let done = 0; ; done += 1) {
    const document = parse(yaml, text);
    const error = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])[0];
    const repaired = error && done < repairs ? withoutBreak(text, error) : undefined;
    if (repaired === undefined)
      return { yaml, document, root: document.contents as Node | null, error: error && asYamlError(source, error) };
    text = repaired;
  }
}

type ParseError = InstanceType<YamlLibrary["YAMLParseError"]>;

/** The text with the line break that an error complains of as blanks, and a comment before it too. */
function withoutBreak(text: string, error: ParseError): string | undefined {
  const quote = /missing closing .quote/i.test(error.message);
  if (!quote && !/must be sufficiently indented/.test(error.message)) return undefined;
  const end = quote ? text.indexOf("\n", error.pos[0]) : text.lastIndexOf("\n", error.pos[0]);
  if (end === -1) return undefined;
  const lineStart = text.lastIndexOf("\n", end - 1) + 1;
  const line = text.slice(lineStart, end);
  const kept = quote ? line : line.replace(/(?<=^|\s)#.*$/, "");
  return text.slice(0, lineStart) + kept.replace(/\r$/, "").padEnd(line.length + 1) + text.slice(end + 1);
}

/** Tags and repeated keys are left to us. */
function parse(yaml: YamlLibrary, text: string): ReturnType<YamlLibrary["parseDocument"]> {
  return yaml.parseDocument(text, {
    version: "1.1",
    schema: "failsafe",
    resolveKnownTags: false,
    merge: false,
    strict: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "error",
  });
}

function asYamlError(source: YamlSource, error: ParseError): Error {
  const code = codes[error.code] ?? "ERR_YAML_SYNTAX";
  const text = code === "ERR_YAML_DOCUMENTS" ? "it holds more than one document" : error.message;
  const reason = text.charAt(0).toLowerCase() + text.slice(1);
  return yamlError(source, code, { reason, at: positionAt(source.text, error.pos[0]), cause: error });
}

const codes: Readonly<Record<string, YamlErrorCode>> = {
  MULTIPLE_DOCS: "ERR_YAML_DOCUMENTS",
  RESOURCE_EXHAUSTION: "ERR_YAML_DEPTH",
};

/** Where a node begins. */
export const offsetOf = (node: Node): number => node.range?.[0] ?? 0;

/** The value of a scalar node as PyYAML resolves it. */
export function scalarOf(node: Scalar, text?: string): Resolved {
  const content = node.source ?? "";
  const plain = node.type === "PLAIN" || node.type === undefined;
  // libyaml gives the empty text for a lone `!`, though an empty plain scalar is null.
  if (node.tag) return node.tag === "!" && plain && content === "" ? "" : resolveTagged(node.tag, content);
  if (plain) return resolvePlain(content);
  // `yaml` ends a block scalar with a line break even where the text ends without one.
  const last = node.type?.startsWith("BLOCK") && text !== undefined && node.range?.[1] === text.length;
  return last && !/[\r\n]$/.test(text) ? content.replace(/\n$/, "") : content;
}

/** Whether a key node is a plain `<<`. */
export const isMergeKey = (yaml: YamlLibrary, key: Node | null): boolean =>
  key !== null && yaml.isScalar(key) && scalarOf(key) === mergeMark;

/** The node an alias stands for; any other node itself. */
export function deref(nodes: YamlNodes, node: Node | null): Node | null {
  return nodes.yaml.isAlias(node) ? ((node.resolve(nodes.document) as Node | undefined) ?? null) : node;
}

/** A member of a mapping as it is written. */
export type MappingPair = Pair<Node | null, Node | null>;

/** The members of a mapping node. */
export const pairsOf = (map: YAMLMap): readonly MappingPair[] => map.items as MappingPair[];

/** The text of a key node, as it names the member. */
export function keyName(nodes: YamlNodes, key: Node | null): string | undefined {
  const node = deref(nodes, key);
  if (node === null) return "null";
  if (!nodes.yaml.isScalar(node)) return undefined;
  const value = scalarOf(node);
  return value instanceof Refused || value === mergeMark ? undefined : String(value);
}
