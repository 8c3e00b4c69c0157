import { checksum } from "./checksum.js";

/** What a test said through its console: `<LAVA_SIGNAL_KIND parameters>`. */
export interface Signal {
  /** `TESTCASE`, `STARTRUN`... */
  readonly kind: string;
  /** All behind the kind, decoded. */
  readonly text: string;
  /** The same, cut at blanks and decoded. */
  readonly words: readonly string[];
  /** Its place among the numbered signals of this run of the test runner; 0 where the device could not keep it; absent in plain LAVA signals. */
  readonly sequence?: number;
}

/** A `<LAVA_SIGNAL_...>` as it was found on the console. */
export type SignalText =
  | { readonly state: "whole"; readonly signal: Signal; readonly asks: boolean }
  /** Something was printed in its midst. `asks`: our helper waits for an answer, so a repetition can be asked for at once. */
  | { readonly state: "damaged"; readonly text: string; readonly numbered: boolean; readonly asks: boolean };

/** What the console is searched for: the name and the parameters of a signal. A Python regular expression. */
export const signalPattern = "<LAVA_SIGNAL_(\\S+) ([^>]+)>";

const begin = "<LAVA_SIGNAL_";
/** A kernel's line where a parameter should be: it has a `>` in it, and broke in before our header was out. */
const kernelStamp = /^S?E?Q?=?\s*\[\s*\d+\.\d+\]/;
const header = /^SEQ=(\d{1,9})\.(\d{1,6})(\??) (.*)$/s;

const decode = (text: string): string =>
  text.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const cut = (text: string): readonly string[] => text.split(/[ \t]+/).filter((word) => word !== "");

/**
 * Reads a match of {@link signalPattern}. A numbered signal (`SEQ=17.482133? ...`) must agree with its checksum; a plain one counts as
 * damaged when a line break got into it, or into its name.
 */
export function readSignal(text: string): SignalText {
  // an earlier one that lost its end is still in front of it
  const found = text.slice(text.lastIndexOf(begin) + begin.length).replace(/>[^>]*$/s, "");
  const blank = found.search(/[ \t\r\n]/);
  const kind = blank < 0 ? found : found.slice(0, blank);
  const parameters = blank < 0 ? "" : found.slice(blank + 1);
  const numbered = /\bSEQ=/.test(parameters);
  const [, sequence, sum, ask, body] = header.exec(parameters) ?? [];
  const damaged = { state: "damaged", text, numbered, asks: ask === "?" } as const;
  if (/[\r\n]/.test(found) || !/^[A-Z_]+$/.test(kind)) return damaged;
  if (sequence === undefined || body === undefined) {
    if (parameters.startsWith("SEQ=") || kernelStamp.test(parameters)) return damaged;
    return { state: "whole", signal: { kind, text: parameters.trim(), words: cut(parameters) }, asks: false };
  }
  if (checksum(`${sequence}${ask} ${kind} ${body}`) !== Number(sum)) return damaged;
  const signal = { kind, text: decode(body), words: cut(body).map(decode), sequence: Number(sequence) };
  return { state: "whole", signal, asks: ask === "?" };
}
