import type { Node } from "yaml";
import { isMergeKey, keyName, offsetOf, pairsOf, type YamlNodes } from "./nodes.js";
import { type Position, positionAt } from "./position.js";

/** Something a reader should tell the author, though the document was read. */
export interface YamlWarning extends Position {
  readonly message: string;
}

/** A place costs a walk through the text: a document made of repeated keys must not take minutes. */
const mostWarnings = 50;

/** A warning for each key that repeats an earlier one of its mapping, the first 50; the last key wins, as in PyYAML. */
export function repeatedKeys(nodes: YamlNodes, text: string): YamlWarning[] {
  const warnings: YamlWarning[] = [];
  const visit = (node: Node | null): void => {
    if (warnings.length >= mostWarnings) return;
    if (nodes.yaml.isSeq(node)) for (const item of node.items) visit(item as Node);
    if (!nodes.yaml.isMap(node)) return;
    const seen = new Map<string, number>();
    for (const { key, value } of pairsOf(node)) {
      if (warnings.length >= mostWarnings) return;
      const name = isMergeKey(nodes.yaml, key) ? undefined : keyName(nodes, key);
      const offset = key === null ? offsetOf(node) : offsetOf(key);
      const first = name === undefined ? undefined : seen.get(name);
      if (first !== undefined) {
        const line = positionAt(text, first).line;
        const message = `the key ${JSON.stringify(name)} was already given in line ${line}: this one, the last, is used`;
        warnings.push({ ...positionAt(text, offset), message });
      }
      if (name !== undefined) seen.set(name, offset);
      visit(value);
    }
  };
  visit(nodes.root);
  return warnings.sort((a, b) => a.offset - b.offset);
}
