import { typeError } from "../errors.js";
import { charge } from "../limits.js";
import { builtins } from "../runtime/builtin.js";
import { textOf } from "../runtime/markup.js";
import { asIndex } from "../runtime/slices.js";
import { codePointLength } from "../runtime/text.js";
import type { Value } from "../runtime/values.js";

function fillChar(value: Value): string {
  const fill = textOf(value);
  if (fill === undefined || codePointLength(fill) !== 1) {
    throw typeError("The fill character must be exactly one character long");
  }
  return fill;
}

function room(text: string, width: Value): number {
  const missing = Math.max(0, asIndex(width) - codePointLength(text));
  charge(text.length + missing);
  return missing;
}

/** Python's `text.center(width, fill)`. */
export function center(text: string, width: Value, fill: Value = " "): string {
  const missing = room(text, width);
  const char = fillChar(fill);
  // CPython puts the odd blank left only when the width is odd.
  const before = (missing >> 1) + (missing & asIndex(width) & 1);
  return char.repeat(before) + text + char.repeat(missing - before);
}

function zeroFill(text: string, width: Value): string {
  const missing = room(text, width);
  const [, sign = "", rest = ""] = /^([-+]?)([\s\S]*)$/.exec(text) ?? [];
  return missing === 0 ? text : sign + "0".repeat(missing) + rest;
}

function expandTabs(text: string, size: number): string {
  let column = 0;
  charge(text.length);
  return text.replace(/[\t\n\r]|[^\t\n\r]+/g, (part) => {
    if (part === "\t") {
      const blanks = size > 0 ? size - (column % size) : 0;
      charge(blanks);
      column += blanks;
      return " ".repeat(blanks);
    }
    column = part === "\n" || part === "\r" ? 0 : column + codePointLength(part);
    return part;
  });
}

/** Methods of str that pad to a width. */
export const fillMethods = builtins([
  ["center", "/self, width, fill=", (_, self: string, width: Value, fill: Value = " ") => center(self, width, fill)],
  [
    "ljust",
    "/self, width, fill=",
    (_, self: string, width: Value, fill: Value = " ") => self + fillChar(fill).repeat(room(self, width)),
  ],
  [
    "rjust",
    "/self, width, fill=",
    (_, self: string, width: Value, fill: Value = " ") => fillChar(fill).repeat(room(self, width)) + self,
  ],
  ["zfill", "/self, width", (_, self: string, width: Value) => zeroFill(self, width)],
  ["expandtabs", "self, tabsize=", (_, self: string, size: Value = 8) => expandTabs(self, asIndex(size))],
]);
