import type { FastTree } from "./fast-tree.js";
import type { YamlLimits } from "./limits.js";
import { isMarkedFloat, setMember } from "./python-text.js";
import { YamlFloat } from "./resolve.js";
import type { YamlErrorCode } from "./yaml-error.js";

/** A refusal found after parsing; `offset` is the nearest place known. */
export class SettleError extends Error {
  readonly code: YamlErrorCode;
  readonly offset: number;
  constructor(code: YamlErrorCode, reason: string, offset: number) {
    super(reason);
    this.code = code;
    this.offset = offset;
  }
}

/** Values in a container (itself included) and the depth of its nesting. */
interface Extent {
  readonly size: number;
  readonly height: number;
}

interface Walk {
  readonly tree: FastTree;
  readonly limits: YamlLimits;
  /** Containers that were walked; undefined while one is being walked. */
  readonly sizes: Map<object, Extent | undefined>;
  aliasNodes: number;
}

/**
 * Finishes js-yaml's tree in place: floats become numbers, merge keys are carried out (merged keys stand first, in
 * PyYAML's order and precedence), aliases are counted against the limits, lists and mappings used as keys are refused.
 */
export function settle(tree: FastTree, limits: YamlLimits, collectionKeys: "refuse" | "ignore" = "refuse"): unknown {
  if (tree.root instanceof YamlFloat) return tree.root.value;
  const walk: Walk = { tree, limits, sizes: new Map(), aliasNodes: 0 };
  if (typeof tree.root === "object" && tree.root !== null) visit(walk, tree.root, 1);
  else if (tree.merges.length > 0) refuseStray(walk, tree.root);
  if (collectionKeys === "refuse") refuseCollectionKeys(walk);
  return tree.root;
}

function visit(walk: Walk, container: object, depth: number): Extent {
  if (walk.sizes.has(container)) return revisit(walk, container, depth);
  if (depth > walk.limits.maxDepth) throw tooDeep(walk.limits);
  walk.sizes.set(container, undefined);
  let size = 1;
  let height = 0;
  const members = container as Record<string, unknown>;
  for (const key of Object.keys(container)) {
    const value = members[key];
    if (value instanceof YamlFloat) {
      setMember(container, key, value);
      size += 1;
    } else if (typeof value === "object" && value !== null) {
      const inner = visit(walk, value, depth + 1);
      size += inner.size;
      height = Math.max(height, inner.height);
    } else {
      if (walk.tree.merges.length > 0) refuseStray(walk, value);
      size += 1;
    }
  }
  const extent = { size, height: height + 1 };
  walk.sizes.set(container, extent);
  if (walk.tree.merges.length > 0 && !Array.isArray(container)) merge(walk, members);
  return extent;
}

function revisit(walk: Walk, container: object, depth: number): Extent {
  const extent = walk.sizes.get(container);
  if (extent === undefined) throw new SettleError("ERR_YAML_ALIAS", "an alias stands inside the value it names", 0);
  if (depth + extent.height - 1 > walk.limits.maxDepth) throw tooDeep(walk.limits);
  countAliases(walk, extent.size);
  return extent;
}

function countAliases(walk: Walk, nodes: number): void {
  walk.aliasNodes += nodes;
  if (walk.aliasNodes > walk.limits.maxAliasNodes) throw tooManyAliases(walk.limits);
}

/** A refusal of aliases that repeat too much. */
export const tooManyAliases = (limits: YamlLimits): SettleError =>
  new SettleError("ERR_YAML_ALIAS", `its aliases repeat more than ${limits.maxAliasNodes} values`, 0);

/** A refusal of nesting. */
export const tooDeep = (limits: YamlLimits): SettleError =>
  new SettleError("ERR_YAML_DEPTH", `lists and mappings are nested more than ${limits.maxDepth} deep`, 0);

function refuseStray(walk: Walk, value: unknown): void {
  const { mergePrefix, merges } = walk.tree;
  if (typeof value !== "string" || !value.startsWith(mergePrefix)) return;
  const offset = merges[Number(value.slice(mergePrefix.length))] ?? 0;
  throw new SettleError("ERR_YAML_MERGE", "a plain << is a merge key and no value: put it in quotes", offset);
}

/** PyYAML puts the merged pairs before the mapping's own: of several sources in a list the first wins, of several `<<` the last. */
function merge(walk: Walk, container: Record<string, unknown>): void {
  const { mergePrefix, merges } = walk.tree;
  const keys = Object.keys(container).filter((key) => key.startsWith(mergePrefix));
  if (keys.length === 0) return;
  const own = Object.entries(container).filter(([key]) => !key.startsWith(mergePrefix));
  const sources = keys.flatMap((key) =>
    mergeSources(container[key], merges[Number(key.slice(mergePrefix.length))] ?? 0),
  );
  const ownFloats = new Set(own.filter(([key]) => isMarkedFloat(container, key)).map(([key]) => key));
  for (const key of Object.keys(container)) delete container[key];
  for (const source of sources) {
    const entries = Object.entries(source);
    countAliases(walk, entries.length);
    for (const [key, value] of entries) setMember(container, key, rewrap(value, isMarkedFloat(source, key)));
  }
  for (const [key, value] of own) setMember(container, key, rewrap(value, ownFloats.has(key)));
}

const rewrap = (value: unknown, float: boolean): unknown => (float ? new YamlFloat(Number(value)) : value);

function mergeSources(value: unknown, offset: number): object[] {
  const sources: unknown[] = Array.isArray(value) ? value.toReversed() : [value];
  return sources.map((source) => {
    if (typeof source === "object" && source !== null && !Array.isArray(source)) return source;
    throw new SettleError("ERR_YAML_MERGE", mergeReason, offset);
  });
}

/** Why a merge key is refused. */
export const mergeReason = "a merge key << takes a mapping or a list of mappings";

/** js-yaml turns a list or mapping used as a key into text; what it made and the tree does not hold was such a key. */
function refuseCollectionKeys(walk: Walk): void {
  const lost = walk.tree.made.filter(({ value }) => !walk.sizes.has(value));
  if (lost.length === 0) return; // nearly always: the rest were replaced by a repeated key
  const keys = new Set(
    [...walk.sizes.keys()].flatMap((container) => (Array.isArray(container) ? [] : Object.keys(container))),
  );
  const key = lost.find(({ value }) => keys.has(keyText(value)));
  if (key) throw new SettleError("ERR_YAML_KEY", collectionKeyReason, key.offset);
}

/** Why a list or mapping is refused as a key. */
export const collectionKeyReason = "a list or mapping cannot be the key of a mapping";

/** js-yaml's text for a list or mapping used as a key. */
const keyText = (value: object): string =>
  Array.isArray(value) ? String(value.map((item) => (isMapping(item) ? "[object Object]" : item))) : "[object Object]";

const isMapping = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
