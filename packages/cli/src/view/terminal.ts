import type { Io, OutputStream } from "../io.js";

/** What the output can show. */
export interface TerminalFacts {
  /** Whether lines can be redrawn in place: a terminal that is not a dumb one. */
  readonly live: boolean;
  readonly colour: boolean;
  /** Whether the locale is UTF-8; else only ASCII is printed. */
  readonly unicode: boolean;
}

const isUtf8 = ({ LC_ALL, LC_CTYPE, LANG }: Io["env"]): boolean => /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");

function wantsColour(env: Io["env"], isTerminal: boolean): boolean {
  // no-color.org: any non-empty value
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return isTerminal;
}

/** Reads it from the stream and the environment (TERM, NO_COLOR, FORCE_COLOR, LC_ALL, LC_CTYPE, LANG). */
export function terminalFacts(stream: OutputStream, env: Io["env"]): TerminalFacts {
  const live = stream.isTTY === true && env.TERM !== undefined && env.TERM !== "" && env.TERM !== "dumb";
  return { live, colour: wantsColour(env, live), unicode: isUtf8(env) };
}
