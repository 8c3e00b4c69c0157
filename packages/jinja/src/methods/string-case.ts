import { tick } from "../limits.js";
import { builtins } from "../runtime/builtin.js";
import { codePoints, isSpace } from "../runtime/text.js";

const cased = /\p{Cased}/u;
const upperCase = /\p{Uppercase}/u;
const lowerCase = /\p{Lowercase}/u;
const titleCase = /\p{Lt}/u;

/** Titlecase of one character: that of the digraphs differs from their capital. */
function titleChar(char: string): string {
  if (char === "ß") return "Ss";
  const upper = char.toUpperCase();
  const digraph = /^[ǄǇǊǱ]$/.exec(upper);
  if (digraph) return String.fromCodePoint((upper.codePointAt(0) ?? 0) + 1);
  const [first = "", ...rest] = codePoints(upper);
  return first + rest.join("").toLowerCase();
}

/** Python's `text.capitalize()`. */
export function capitalize(text: string): string {
  tick(1 + (text.length >> 6));
  const first = codePoints(text.slice(0, 2))[0] ?? "";
  return titleChar(first) + text.slice(first.length).toLowerCase();
}

function titleText(text: string): string {
  let inWord = false;
  let out = "";
  for (const char of codePoints(text)) {
    tick();
    out += inWord ? char.toLowerCase() : titleChar(char);
    inWord = cased.test(char);
  }
  return out;
}

function isTitle(text: string): boolean {
  let inWord = false;
  let found = false;
  for (const char of codePoints(text)) {
    tick();
    if (upperCase.test(char) || titleCase.test(char)) {
      if (inWord) return false;
      inWord = found = true;
    } else if (lowerCase.test(char)) {
      if (!inWord) return false;
      found = true;
    } else {
      inWord = false;
    }
  }
  return found;
}

function swapCase(text: string): string {
  tick(text.length);
  return codePoints(text)
    .map((char) => (upperCase.test(char) ? char.toLowerCase() : lowerCase.test(char) ? char.toUpperCase() : char))
    .join("");
}

/** Whether there are cased characters and all are lower case. */
export const isLower = (text: string): boolean =>
  lowerCase.test(text) && !upperCase.test(text) && !titleCase.test(text);
/** Whether there are cased characters and all are upper case. */
export const isUpper = (text: string): boolean =>
  upperCase.test(text) && !lowerCase.test(text) && !titleCase.test(text);

type Predicate = (text: string) => boolean;

const all =
  (pattern: RegExp): Predicate =>
  (text) => {
    tick(1 + (text.length >> 6));
    return pattern.test(text);
  };

const predicates: readonly (readonly [string, Predicate])[] = [
  ["isalnum", all(/^[\p{L}\p{N}]+$/u)],
  ["isalpha", all(/^\p{L}+$/u)],
  ["isascii", all(/^[\x00-\x7f]*$/)],
  ["isdecimal", all(/^\p{Nd}+$/u)],
  [
    "isdigit",
    all(/^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490]+$/u),
  ],
  ["isidentifier", all(/^[\p{ID_Start}_][\p{ID_Continue}]*$/u)],
  ["islower", isLower],
  ["isnumeric", all(/^\p{N}+$/u)],
  ["isprintable", all(/^(?:[^\p{C}\p{Z}]|\x20)*$/u)],
  ["isspace", (text) => text !== "" && codePoints(text).every(isSpace)],
  ["istitle", isTitle],
  ["isupper", isUpper],
];

/** Methods of str that look at or change upper and lower case and other classes of characters. */
export const caseMethods = new Map([
  ...builtins([
    ["capitalize", "/self", (_, self: string) => capitalize(self)],
    ["casefold", "/self", (_, self: string) => self.toLowerCase().replaceAll("ß", "ss").replaceAll("ς", "σ")],
    ["lower", "/self", (_, self: string) => self.toLowerCase()],
    ["upper", "/self", (_, self: string) => self.toUpperCase()],
    ["swapcase", "/self", (_, self: string) => swapCase(self)],
    ["title", "/self", (_, self: string) => titleText(self)],
  ]),
  ...builtins(predicates.map(([name, holds]) => [name, "/self", (_, self: string) => holds(self)] as const)),
]);
