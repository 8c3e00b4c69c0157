import { charge, tick } from "../limits.js";
import { pythonSpace } from "../runtime/text.js";

const named: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", "\u00a0"],
  ["copy", "©"],
  ["reg", "®"],
  ["hellip", "…"],
  ["mdash", "—"],
  ["ndash", "–"],
]);

/** Replaces numeric character references and the common named ones. */
export function unescapeText(text: string): string {
  return text.replace(/&(?:#(\d{1,7});?|#[xX]([\da-fA-F]{1,6});?|(\w{1,10});)/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return named.get(name) ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  });
}

function remove(text: string, start: string, end: string): string {
  let out = "";
  let at = 0;
  for (;;) {
    const open = text.indexOf(start, at);
    const close = open < 0 ? -1 : text.indexOf(end, open + start.length);
    if (close < 0) return out + text.slice(at);
    tick();
    out += text.slice(at, open);
    at = close + end.length;
  }
}

const blanks = new RegExp(`[${pythonSpace}]+`, "g");

/** The text of HTML: without comments and tags, blanks joined, references replaced. */
export function stripTags(text: string): string {
  charge(text.length);
  const bare = remove(remove(text, "<!--", "-->"), "<", ">");
  return unescapeText(bare.replace(blanks, " ").replace(/^ | $/g, ""));
}
