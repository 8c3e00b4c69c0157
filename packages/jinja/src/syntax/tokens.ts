import type { Place } from "./nodes.js";

/** Operators by their spelling, named as Jinja2 names them in messages. */
export const operatorNames: ReadonlyMap<string, string> = new Map([
  ["+", "add"],
  ["-", "sub"],
  ["/", "div"],
  ["//", "floordiv"],
  ["*", "mul"],
  ["%", "mod"],
  ["**", "pow"],
  ["~", "tilde"],
  ["[", "lbracket"],
  ["]", "rbracket"],
  ["(", "lparen"],
  [")", "rparen"],
  ["{", "lbrace"],
  ["}", "rbrace"],
  ["==", "eq"],
  ["!=", "ne"],
  [">", "gt"],
  [">=", "gteq"],
  ["<", "lt"],
  ["<=", "lteq"],
  ["=", "assign"],
  [".", "dot"],
  [":", "colon"],
  ["|", "pipe"],
  [",", "comma"],
  [";", "semicolon"],
]);

/** `value` is the source text, except of strings (decoded) and data (as it will be printed). */
export interface Token extends Place {
  readonly type: string;
  readonly value: string;
}

const spellings = new Map([...operatorNames].map(([spelling, name]) => [name, spelling]));

const descriptions: ReadonlyMap<string, string> = new Map([
  ["block_begin", "begin of statement block"],
  ["block_end", "end of statement block"],
  ["variable_begin", "begin of print statement"],
  ["variable_end", "end of print statement"],
  ["data", "template data / text"],
  ["eof", "end of template"],
]);

const describeType = (type: string): string => spellings.get(type) ?? descriptions.get(type) ?? type;

/** A token in the words of Jinja2's messages. */
export const describeToken = (token: Token): string => (token.type === "name" ? token.value : describeType(token.type));

/** An expected token (`rparen`, `name:endif`) in the words of Jinja2's messages. */
export function describeExpected(expected: string): string {
  return expected.startsWith("name:") ? expected.slice(5) : describeType(expected);
}
