import type { CharSet } from "./char-set.js";

/**
 * Zero-width tests. `start`: `\A`, and `^` without MULTILINE; `lineStart`: `^` with it; `end`: `\Z`;
 * `lastLineEnd`: `$` (at the end, or before a newline that ends the text); `lineEnd`: `$` with MULTILINE.
 */
export type AssertKind =
  | "start"
  | "lineStart"
  | "end"
  | "lastLineEnd"
  | "lineEnd"
  | "boundary"
  | "notBoundary"
  | "asciiBoundary"
  | "asciiNotBoundary";

export type RepeatMode = "greedy" | "lazy";

export interface SetNode {
  readonly type: "set";
  readonly set: CharSet;
}
export interface SequenceNode {
  readonly type: "sequence";
  readonly items: readonly Node[];
}
export interface ChoiceNode {
  readonly type: "choice";
  readonly items: readonly Node[];
}
export interface GroupNode {
  readonly type: "group";
  readonly index: number;
  readonly body: Node;
}
export interface RepeatNode {
  readonly type: "repeat";
  readonly min: number;
  /** Infinity for no limit. */
  readonly max: number;
  readonly mode: RepeatMode;
  readonly body: Node;
}
export interface AssertNode {
  readonly type: "assert";
  readonly kind: AssertKind;
}
export interface LookNode {
  readonly type: "look";
  readonly ahead: boolean;
  readonly negative: boolean;
  readonly body: Node;
}
/** `(?>...)` and the possessive repeats. */
export interface AtomicNode {
  readonly type: "atomic";
  readonly body: Node;
}
export interface BackreferenceNode {
  readonly type: "backreference";
  readonly index: number;
  readonly ignoreCase: boolean;
  readonly ascii: boolean;
}

/** A Python regular expression, read: flags are resolved, characters are sets of code points. */
export type Node =
  | SetNode
  | SequenceNode
  | ChoiceNode
  | GroupNode
  | RepeatNode
  | AssertNode
  | LookNode
  | AtomicNode
  | BackreferenceNode;

/** Fewest and most code points a node can match. */
export interface Width {
  readonly min: number;
  readonly max: number;
}

const times = (n: number, count: number): number => (n === 0 || count === 0 ? 0 : n * count);

/** Linear in the node: every part is looked at once. */
export function widthOf(node: Node): Width {
  switch (node.type) {
    case "set":
      return { min: 1, max: 1 };
    case "assert":
    case "look":
      return { min: 0, max: 0 };
    case "backreference":
      return { min: 0, max: Infinity };
    case "group":
    case "atomic":
      return widthOf(node.body);
    case "repeat": {
      const body = widthOf(node.body);
      return { min: times(body.min, node.min), max: times(body.max, node.max) };
    }
    case "sequence": {
      const widths = node.items.map(widthOf);
      return { min: widths.reduce((n, w) => n + w.min, 0), max: widths.reduce((n, w) => n + w.max, 0) };
    }
    case "choice": {
      const widths = node.items.map(widthOf);
      return { min: Math.min(...widths.map((w) => w.min)), max: Math.max(...widths.map((w) => w.max)) };
    }
  }
}

/** The node's parts, for walks over the whole tree. */
export function partsOf(node: Node): readonly Node[] {
  if (node.type === "sequence" || node.type === "choice") return node.items;
  return "body" in node ? [node.body] : [];
}

/** Whether the node or anything inside it passes the test. */
export const someNode = (node: Node, test: (node: Node) => boolean): boolean =>
  test(node) || partsOf(node).some((part) => someNode(part, test));
