import type { Node, YAMLMap } from "yaml";
import { deref, isMergeKey, keyName, pairsOf, type YamlNodes } from "./nodes.js";
import type { YamlPath } from "./path.js";
import { type Position, positionAt } from "./position.js";

/** A key as it stands in its mapping, with its value. */
interface Place {
  readonly key: Node | null;
  readonly value: Node | null;
}

/** Finds the line and column of the value or the key at a path; of a path that leads nowhere, its last existing part. */
export type Locator = (path: YamlPath, what?: "key" | "value") => Position;

/** Finds places in a text. An alias stands where it is used; what lies inside it, and merged keys, where they are written. */
export function locatorOf(nodes: YamlNodes, text: string): Locator {
  return (path, what = "value") => {
    let place: Place = { key: null, value: nodes.root };
    for (const step of path) {
      const next = child(nodes, place.value, step);
      if (!next) break;
      place = next;
    }
    const node = what === "key" && place.key ? place.key : (place.value ?? place.key ?? nodes.root);
    return positionAt(text, node?.range?.[0] ?? 0);
  };
}

function child(nodes: YamlNodes, parent: Node | null, step: string | number): Place | undefined {
  const node = deref(nodes, parent);
  if (nodes.yaml.isSeq(node)) {
    const item = node.items[Number(step)];
    return item === undefined ? undefined : { key: null, value: item as Node };
  }
  return nodes.yaml.isMap(node) ? member(nodes, node, String(step)) : undefined;
}

function member(nodes: YamlNodes, map: YAMLMap, name: string): Place | undefined {
  const pairs = pairsOf(map).toReversed();
  const own = pairs.find(({ key }) => !isMergeKey(nodes.yaml, key) && keyName(nodes, key) === name);
  if (own) return { key: own.key, value: own.value };
  for (const { key, value } of pairs) {
    if (!isMergeKey(nodes.yaml, key)) continue;
    const node = deref(nodes, value);
    for (const source of nodes.yaml.isSeq(node) ? node.items : [node]) {
      const found = child(nodes, source as Node | null, name);
      if (found) return found;
    }
  }
  return undefined;
}
