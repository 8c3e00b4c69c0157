import type { PatternSource } from "./pattern-source.js";

/** The flags of Python's `re` that change what a pattern matches. */
export interface PatternFlags {
  readonly ascii: boolean;
  readonly dotAll: boolean;
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly verbose: boolean;
}

export const noFlags: PatternFlags = {
  ascii: false,
  dotAll: false,
  ignoreCase: false,
  multiline: false,
  verbose: false,
};

type Letter = "a" | "i" | "m" | "s" | "u" | "x";
const isFlag = (letter: string | undefined): letter is Letter => letter !== undefined && "aimsux".includes(letter);

function apply(flags: PatternFlags, letters: ReadonlySet<string>, on: boolean): PatternFlags {
  return {
    ascii: letters.has("a") ? true : letters.has("u") ? false : flags.ascii,
    dotAll: letters.has("s") ? on : flags.dotAll,
    ignoreCase: letters.has("i") ? on : flags.ignoreCase,
    multiline: letters.has("m") ? on : flags.multiline,
    verbose: letters.has("x") ? on : flags.verbose,
  };
}

function flagLetter(source: PatternSource, letter: string | undefined): Letter {
  if (letter === "L") return source.fail("bad inline flags: cannot use 'L' flag with a str pattern");
  if (!isFlag(letter)) return source.fail(letter === undefined ? "missing flag" : `unknown flag ${letter}`);
  return letter;
}

/**
 * Reads `aiLmsux-imsx` and the `)` or `:` behind it; `letter` is the first of them, already taken.
 * Flags that end with `)` are global.
 */
export function parseFlags(
  source: PatternSource,
  letter: string,
  flags: PatternFlags,
): { readonly flags: PatternFlags; readonly scoped: boolean } {
  const on = new Set<string>();
  let next: string | undefined = letter;
  while (next !== "-") {
    const flag = flagLetter(source, next);
    on.add(flag);
    if (on.has("a") && on.has("u")) return source.fail("bad inline flags: flags 'a', 'u' and 'L' are incompatible");
    next = source.next();
    if (next === undefined) return source.fail("missing -, : or )");
    if (next === ")") return { flags: apply(flags, on, true), scoped: false };
    if (next === ":") return { flags: apply(flags, on, true), scoped: true };
    if (next !== "-" && !/[a-zA-Z]/.test(next)) return source.fail("missing -, : or )");
  }
  const off = new Set<string>();
  do {
    next = source.next();
    const flag = flagLetter(source, next);
    if (flag === "a" || flag === "u") return source.fail("bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
    off.add(flag);
    if (source.peek() === undefined) return source.fail("missing :");
  } while (!source.take(":"));
  if ([...on].some((flag) => off.has(flag))) return source.fail("bad inline flags: flag turned on and off");
  return { flags: apply(apply(flags, on, true), off, false), scoped: true };
}
