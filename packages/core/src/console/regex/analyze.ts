import { type Node, partsOf, someNode, widthOf } from "./ast.js";
import { type CharSet, onlyChar, overlaps, union } from "./char-set.js";
import { unboundedError } from "./pattern-error.js";

/** What the console must know of a pattern before it runs it. */
export interface PatternTraits {
  readonly minLength: number;
  /** Longest match in code points, or Infinity. */
  readonly maxLength: number;
  /** No look-around, atomic group, possessive repeat or back-reference: a finite automaton finds its matches. */
  readonly regular: boolean;
  /** Irregular by nothing but look-behind, which needs no text that has not come yet. */
  readonly onlyLooksBehind: boolean;
  /**
   * How many more characters may have to be seen before it is clear that a match does not grow: 0 for
   * `login:`, 1 for `\d+`, 3 for `foo(bar)?`.
   */
  readonly slack: number;
  /** What a match begins with; "" when that is not one fixed text. */
  readonly prefix: string;
  /** The whole pattern, when it is nothing but a fixed text. */
  readonly literal: string | undefined;
  /** What the first character can be; undefined when anything, or nothing. */
  readonly first: CharSet | undefined;
}

/** Farther growth in one step (`(?: \w+)*`) is not waited for. */
const mostSlack = 64;

function slackOf(node: Node): number {
  switch (node.type) {
    case "sequence": {
      let slack = 0;
      for (const item of node.items.toReversed()) {
        slack = Math.max(slack, slackOf(item));
        if (widthOf(item).min > 0) break;
      }
      return slack;
    }
    case "choice":
      return Math.max(
        ...node.items.map(slackOf),
        ...node.items.map((item, i) => preference(item, node.items.slice(i + 1))),
      );
    case "group":
    case "atomic":
      return slackOf(node.body);
    case "repeat": {
      if (node.mode === "lazy" || node.min === node.max) return node.max === 0 ? 0 : slackOf(node.body);
      return Math.max(slackOf(node.body), Math.min(widthOf(node.body).max, mostSlack));
    }
    case "backreference":
      return mostSlack;
    default:
      return 0;
  }
}

/** `foobar|foo` prefers the longer one, which may still be on its way. */
function preference(item: Node, later: readonly Node[]): number {
  const longest = widthOf(item).max;
  const mine = firstOf(item);
  const rivals = later.filter((other) => {
    const theirs = firstOf(other);
    return widthOf(other).min < longest && (!mine || !theirs || overlaps(mine, theirs));
  });
  return Math.max(0, ...rivals.map((other) => Math.min(longest - widthOf(other).min, mostSlack)));
}

/** What the node's first character can be; undefined when the node can be empty or begins with what is not regular. */
function firstOf(node: Node): CharSet | undefined {
  switch (node.type) {
    case "set":
      return node.set;
    case "group":
    case "atomic":
      return firstOf(node.body);
    case "repeat":
      return node.min > 0 ? firstOf(node.body) : undefined;
    case "choice": {
      const firsts = node.items.map(firstOf);
      return firsts.every((set) => set !== undefined) ? union(...firsts) : undefined;
    }
    case "sequence": {
      const seen: CharSet[] = [];
      for (const item of node.items) {
        if (item.type === "assert" || item.type === "look") continue;
        if (widthOf(item).min > 0) {
          const first = firstOf(item);
          return first && union(...seen, first);
        }
        if (item.type !== "repeat") return undefined;
        const optional = firstOf({ ...item, min: 1 });
        if (!optional) return undefined;
        seen.push(optional);
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

function prefixOf(node: Node): { readonly text: string; readonly whole: boolean } {
  if (node.type === "set") {
    const char = onlyChar(node.set);
    return char === undefined ? { text: "", whole: false } : { text: String.fromCodePoint(char), whole: true };
  }
  if (node.type === "group") return { ...prefixOf(node.body), whole: false };
  if (node.type !== "sequence") return { text: "", whole: false };
  let text = "";
  for (const item of node.items) {
    const part = prefixOf(item);
    text += part.text;
    if (!part.whole) return { text, whole: false };
  }
  return { text, whole: true };
}

const isIrregular = (node: Node): boolean =>
  node.type === "look" || node.type === "atomic" || node.type === "backreference";

export function analyze(root: Node): PatternTraits {
  const { min, max } = widthOf(root);
  const { text, whole } = prefixOf(root);
  return {
    minLength: min,
    maxLength: max,
    regular: !someNode(root, isIrregular),
    onlyLooksBehind: !someNode(root, (node) => isIrregular(node) && !(node.type === "look" && !node.ahead)),
    slack: slackOf(root),
    prefix: text,
    literal: whole && text !== "" ? text : undefined,
    first: firstOf(root),
  };
}

const isLoop = (node: Node): boolean => node.type === "repeat" && node.max > 1;

/**
 * A back-reference makes what follows depend on what a group took, so the matcher cannot remember that a place
 * failed and tries every way there is. With one repeat inside another those are exponentially many, with n repeats
 * in a row the n-th power of the text: such patterns are refused, at most two repeats in a row are run (and stopped
 * by the matcher's step limit on hostile text).
 */
export function refuseUnbounded(source: string, root: Node): void {
  if (!someNode(root, (node) => node.type === "backreference")) return;
  const nested = (node: Node): boolean =>
    isLoop(node) && partsOf(node).some((part) => someNode(part, (inner) => isLoop(inner) || inner.type === "choice"));
  if (someNode(root, nested))
    throw unboundedError(
      source,
      "it has a back-reference and a repeat inside a repeat, which can take exponential time; drop the back-reference or the inner repeat",
    );
  let loops = 0;
  const count = (node: Node): void => {
    if (isLoop(node) && widthOf(node).max > 16) loops++;
    partsOf(node).forEach(count);
  };
  count(root);
  if (loops > 2)
    throw unboundedError(
      source,
      `it has a back-reference and ${loops} repeats, which can take the time of the text's length to the power of ${loops}; use at most two repeats or drop the back-reference`,
    );
}
