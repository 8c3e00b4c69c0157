import { filterArgumentError } from "../errors.js";
import { charge, tick } from "../limits.js";
import type { Context } from "../runtime/context.js";
import { toList, truthy } from "../runtime/iterate.js";
import { escapeText, Markup } from "../runtime/markup.js";
import { toHtml } from "../runtime/operators.js";
import { repr, str } from "../runtime/printing.js";
import { asIndex } from "../runtime/slices.js";
import { codePointLength, sliceCodePoints } from "../runtime/text.js";
import type { Value } from "../runtime/values.js";

// Longer words are not looked at: none is a link a reader could use, and the patterns backtrack.
const longestLink = 2000;

const w = "[\\p{L}\\p{N}_]";
const link = new RegExp(
  `^(?:(?:https?://|www\\.)(?:(?:[\\p{L}\\p{N}_%-]+\\.)+)?(?:[a-z]{2,63}|xn--[\\p{L}\\p{N}_%]{2,59})` +
    "|(?:[\\p{L}\\p{N}_%-]{2,63}\\.)+(?:com|net|int|edu|gov|org|info|mil)" +
    "|https?://(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[(?:[\\da-f]{0,4}:){2}(?:[\\da-f]{0,4}:?){1,6}\\]))" +
    "(?::\\d{1,5})?(?:[/?#]\\S*)?$",
  "iu",
);
const mail = new RegExp(`^\\S+@${w}[\\p{L}\\p{N}_.-]*\\.${w}+$`, "u");
const scheme = /^[\p{L}\p{N}_.+-]{2,}:\/{0,2}$/u;
const brackets = [
  ["(", ")"],
  ["<", ">"],
  ["&lt;", "&gt;"],
] as const;

const count = (text: string, part: string): number => text.split(part).length - 1;

/** Takes punctuation that is not the link's off both ends of a word. */
function peel(word: string): { head: string; middle: string; tail: string } {
  const head = /^(?:[(<]|&lt;)+/.exec(word)?.[0] ?? "";
  let middle = word.slice(head.length);
  let tail = /(?:[)>.,\n]|&gt;)+$/.exec(middle)?.[0] ?? "";
  middle = middle.slice(0, middle.length - tail.length);
  for (const [open, close] of brackets) {
    const opened = count(middle, open);
    if (opened <= count(middle, close)) continue;
    for (let i = Math.min(opened, count(tail, close)); i > 0; i--) {
      const end = tail.indexOf(close) + close.length;
      middle += tail.slice(0, end);
      tail = tail.slice(end);
    }
  }
  return { head, middle, tail };
}

interface LinkStyle {
  readonly attributes: string;
  readonly shorten: (text: string) => string;
  readonly schemes: readonly string[];
}

function linked(text: string, { attributes, shorten, schemes }: LinkStyle): string {
  if (link.test(text)) {
    const target = /^https?:\/\//.test(text) ? text : `https://${text}`;
    return `<a href="${target}"${attributes}>${shorten(text)}</a>`;
  }
  if (text.startsWith("mailto:") && mail.test(text.slice(7))) return `<a href="${text}">${text.slice(7)}</a>`;
  if (text.includes("@") && !text.startsWith("www.") && !text.includes(":") && mail.test(text)) {
    return `<a href="mailto:${text}">${text}</a>`;
  }
  const found = schemes.find((prefix) => text !== prefix && text.startsWith(prefix));
  return found === undefined ? text : `<a href="${text}"${attributes}>${text}</a>`;
}

function relOf(rel: Value, nofollow: Value): string {
  const parts = new Set(["noopener", ...str(rel ?? "").split(/\s+/)]);
  if (truthy(nofollow)) parts.add("nofollow");
  return [...parts].filter(Boolean).sort().join(" ");
}

/** The `urlize` filter. */
export function urlize(
  context: Context,
  value: Value,
  limit: Value = null,
  nofollow: Value = false,
  target: Value = null,
  rel: Value = null,
  extraSchemes: Value = null,
): Value {
  const schemes = extraSchemes === null ? [] : toList(extraSchemes).map(str);
  for (const extra of schemes) {
    if (!scheme.test(extra)) throw filterArgumentError(`${repr(extra)} is not a valid URI scheme prefix.`);
  }
  const targetText = target === null || !truthy(target) ? "" : ` target="${escapeText(str(target))}"`;
  const style: LinkStyle = {
    attributes: ` rel="${escapeText(relOf(rel ?? "", nofollow))}"${targetText}`,
    shorten: (text) =>
      limit !== null && codePointLength(text) > asIndex(limit)
        ? `${sliceCodePoints(text, 0, asIndex(limit))}...`
        : text,
    schemes,
  };
  const text = toHtml(value, str).text;
  charge(text.length);
  const out = text
    .split(/(\s+)/)
    .map((word) => {
      tick(1 + (word.length >> 4));
      if (word.length > longestLink) return word;
      const { head, middle, tail } = peel(word);
      return head + linked(middle, style) + tail;
    })
    .join("");
  charge(out.length);
  return context.evalState.autoescape ? new Markup(out) : out;
}
