import { styleText } from "node:util";
import type { TerminalFacts } from "./terminal.js";

type Style = (text: string) => string;

/** Colours and signs that the output can show. */
export interface Paint {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
  readonly blue: Style;
  readonly magenta: Style;
  readonly cyan: Style;
  readonly signs: Signs;
  /** Text as this output can show it: other characters than ASCII become `?` where the locale is not UTF-8. */
  plain(text: string): string;
}

interface Signs {
  readonly pass: string;
  readonly fail: string;
  readonly skip: string;
  readonly waiting: string;
  readonly running: readonly string[];
  readonly branch: string;
  readonly lastBranch: string;
  readonly trunk: string;
  readonly rule: string;
  readonly more: string;
}

const unicodeSigns: Signs = {
  pass: "✔",
  fail: "✖",
  skip: "–",
  waiting: "·",
  running: [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"],
  branch: "├─ ",
  lastBranch: "└─ ",
  trunk: "│  ",
  rule: "─",
  more: "…",
};
const asciiSigns: Signs = {
  pass: "+",
  fail: "x",
  skip: "-",
  waiting: ".",
  running: ["|", "/", "-", "\\"],
  branch: "|- ",
  lastBranch: "`- ",
  trunk: "|  ",
  rule: "-",
  more: "...",
};

type Format = Parameters<typeof styleText>[0];

/** Paint for an output. */
export function makePaint({ colour, unicode }: Pick<TerminalFacts, "colour" | "unicode">): Paint {
  const style =
    (format: Format): Style =>
    (text) =>
      // newer Nodes would look at process.stdout themselves
      colour && text !== ""
        ? (styleText as (f: Format, t: string, o: object) => string)(format, text, { validateStream: false })
        : text;
  return {
    bold: style("bold"),
    dim: style("dim"),
    red: style("red"),
    green: style("green"),
    yellow: style("yellow"),
    blue: style("blue"),
    magenta: style("magenta"),
    cyan: style("cyan"),
    signs: unicode ? unicodeSigns : asciiSigns,
    plain: unicode ? (text) => text : (text) => text.replace(/[^\x20-\x7e\t\r\n]/gu, "?"),
  };
}
