import type { Alias, Node, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { YamlLimits } from "./limits.js";
import { isMergeKey, offsetOf, scalarOf, type YamlLibrary, type YamlNodes } from "./nodes.js";
import { positionAt } from "./position.js";
import { isMarkedFloat, setMember } from "./python-text.js";
import { Refused } from "./refused.js";
import { mergeMark, unknownTag, YamlFloat } from "./resolve.js";
import { collectionKeyReason, mergeReason, tooDeep, tooManyAliases } from "./settle.js";
import { type YamlErrorCode, type YamlSource, yamlError } from "./yaml-error.js";

/** A value with the number of nodes in it (itself included) and the depth of its nesting (a scalar has 0). */
interface Found {
  readonly value: unknown;
  readonly size: number;
  readonly height: number;
}

interface Work {
  readonly yaml: YamlLibrary;
  readonly source: YamlSource;
  readonly limits: YamlLimits;
  readonly anchors: Map<string, Node>;
  /** What finished nodes came to. */
  readonly done: Map<Node, Found>;
  aliasNodes: number;
}

/**
 * The value of nodes that `yaml` read, as PyYAML constructs it. Used where js-yaml cannot read a text: either this can,
 * or it refuses with the exact place. Throws ERR_YAML_*.
 */
export function composeValue(nodes: YamlNodes, source: YamlSource, limits: YamlLimits): unknown {
  const { yaml, root } = nodes;
  const work: Work = { yaml, source, limits, anchors: new Map(), done: new Map(), aliasNodes: 0 };
  if (root === null) return null;
  const { value } = read(work, root, 1);
  return value instanceof YamlFloat ? value.value : value;
}

function refuse(work: Work, node: Node, code: YamlErrorCode, reason: string): never {
  throw yamlError(work.source, code, { reason, at: positionAt(work.source.text, offsetOf(node)) });
}

function read(work: Work, node: Node, depth: number): Found {
  if (work.yaml.isAlias(node)) return readAlias(work, node, depth);
  if (depth > work.limits.maxDepth) refuse(work, node, "ERR_YAML_DEPTH", tooDeep(work.limits).message);
  const anchor = (node as Scalar | YAMLMap | YAMLSeq).anchor;
  if (anchor) work.anchors.set(anchor, node);
  const found = work.yaml.isMap(node)
    ? readMap(work, node, depth)
    : work.yaml.isSeq(node)
      ? readSeq(work, node, depth)
      : { value: readScalar(work, node as Scalar), size: 1, height: 0 };
  work.done.set(node, found);
  return found;
}

function readAlias(work: Work, node: Alias, depth: number): Found {
  const target = work.anchors.get(node.source);
  if (!target) refuse(work, node, "ERR_YAML_ALIAS", `the alias *${node.source} names no anchor before it`);
  const found = work.done.get(target);
  if (!found) refuse(work, node, "ERR_YAML_ALIAS", "an alias stands inside the value it names");
  if (depth + found.height - 1 > work.limits.maxDepth)
    refuse(work, node, "ERR_YAML_DEPTH", tooDeep(work.limits).message);
  count(work, node, found.size);
  return found;
}

function count(work: Work, node: Node, nodes: number): void {
  work.aliasNodes += nodes;
  if (work.aliasNodes > work.limits.maxAliasNodes)
    refuse(work, node, "ERR_YAML_ALIAS", tooManyAliases(work.limits).message);
}

function readScalar(work: Work, node: Scalar): unknown {
  const value = scalarOf(node, work.source.text);
  if (value === mergeMark)
    return refuse(work, node, "ERR_YAML_MERGE", "a plain << is a merge key and no value: put it in quotes");
  if (!(value instanceof Refused)) return value;
  return refuse(work, node, value.reason.startsWith("unknown tag") ? "ERR_YAML_TAG" : "ERR_YAML_VALUE", value.reason);
}

function checkTag(work: Work, node: YAMLMap | YAMLSeq, name: "map" | "seq"): void {
  if (!node.tag || node.tag === "!" || node.tag === `tag:yaml.org,2002:${name}`) return;
  const known = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|timestamp|seq|map)$/.test(node.tag);
  if (!known) refuse(work, node, "ERR_YAML_TAG", unknownTag(node.tag));
  refuse(
    work,
    node,
    "ERR_YAML_VALUE",
    `tagged !!${node.tag.slice(18)}, but it is a ${name === "map" ? "mapping" : "sequence"}`,
  );
}

function readSeq(work: Work, node: YAMLSeq, depth: number): Found {
  checkTag(work, node, "seq");
  const list: unknown[] = [];
  let size = 1;
  let height = 0;
  for (const item of node.items as (Node | Pair)[]) {
    // `[a: b]` is a list of one mapping; `yaml` gives the bare pair only under !!pairs and !!omap, refused above.
    const found = read(work, item as Node, depth + 1);
    size += found.size;
    height = Math.max(height, found.height);
    setMember(list, String(list.length), found.value);
  }
  return { value: list, size, height: height + 1 };
}

function readMap(work: Work, node: YAMLMap, depth: number): Found {
  checkTag(work, node, "map");
  const own: [string, unknown][] = [];
  const merged: object[] = [];
  let size = 1;
  let height = 0;
  for (const { key, value } of node.items as Pair<Node | null, Node | null>[]) {
    const name = isMergeKey(work.yaml, key) ? undefined : readKey(work, key, depth);
    const found = value === null ? { value: null, size: 1, height: 0 } : read(work, value, depth + 1);
    size += found.size;
    height = Math.max(height, found.height);
    if (name === undefined) merged.push(...mergeSources(work, value ?? node, found.value));
    else own.push([name, found.value]);
  }
  const mapping = {};
  for (const source of merged) {
    count(work, node, Object.keys(source).length);
    for (const [key, value] of Object.entries(source))
      setMember(mapping, key, isMarkedFloat(source, key) ? new YamlFloat(Number(value)) : value);
  }
  for (const [key, value] of own) setMember(mapping, key, value);
  return { value: mapping, size, height: height + 1 };
}

function readKey(work: Work, key: Node | null, depth: number): string {
  if (key === null) return "null";
  if (work.yaml.isMap(key) || work.yaml.isSeq(key)) refuse(work, key, "ERR_YAML_KEY", collectionKeyReason);
  const { value } = read(work, key, depth);
  if (typeof value === "object" && value !== null && !(value instanceof YamlFloat))
    refuse(work, key, "ERR_YAML_KEY", collectionKeyReason);
  return String(value);
}

/** In PyYAML's order: the first source of a list wins, so it comes last. */
function mergeSources(work: Work, node: Node, value: unknown): object[] {
  const sources: unknown[] = Array.isArray(value) ? value.toReversed() : [value];
  return sources.map((source) => {
    if (typeof source === "object" && source !== null && !Array.isArray(source) && !(source instanceof YamlFloat))
      return source;
    return refuse(work, node, "ERR_YAML_MERGE", mergeReason);
  });
}
