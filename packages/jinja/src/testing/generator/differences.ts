import type { PeerAnswer } from "../peer.js";

/** What two answers differ in, or undefined when they agree or differ on purpose (docs/reference/jinja-differences.md). */
export function explainDifference(
  ours: PeerAnswer,
  theirs: PeerAnswer,
  templates: Readonly<Record<string, string>>,
): string | undefined {
  // The printed address of an object means nothing.
  if (theirs.text !== undefined && / at 0x[0-9a-f]+/.test(theirs.text)) return undefined;
  if (theirs.error === "Slow" || theirs.error === "RecursionError") return undefined;
  if (deliberate(ours, theirs, templates.main ?? "")) return undefined;
  if (ours.text !== theirs.text || ours.error !== theirs.error) {
    return `ours ${show(ours)}\ntheirs ${show(theirs)}`;
  }
  if (sameButPlace(ours, theirs, templates.main ?? "")) return undefined;
  if (ours.line !== theirs.line || (theirs.template != null && ours.template !== theirs.template)) {
    return `place: ours ${show(ours)}\ntheirs ${show(theirs)}`;
  }
  return undefined;
}

/** Differences listed in the docs; each with the heading it stands under there. */
function deliberate(ours: PeerAnswer, theirs: PeerAnswer, main: string): boolean {
  const message = ours.message ?? "";
  // "Complex numbers"
  if (message.includes("is a complex number")) return true;
  // "Slices of constants"
  if (message.includes("is not subscriptable") || message === "unhashable type: 'slice'") return true;
  // "Include without context inside macros and captured blocks"
  if (main.includes("without context")) return true;
  // "Undefined inside constants"
  if (theirs.error === "UndefinedError" && theirs.line == null) return true;
  // "Limits"
  if (ours.error === "LimitError" && message.includes("characters and elements")) return true;
  // CPython cannot compile some long constants Jinja2 folds.
  if (theirs.error === "OverflowError" && theirs.line == null) return true;
  if (ours.error === "LimitError" && (theirs.error === "MemoryError" || theirs.error === "OverflowError")) return true;
  // Not Jinja2's: LAVA's filter as the peer has it cannot write some types.
  return theirs.error === "RepresenterError";
}

/** "Lines of errors": where Jinja2 knows no line, or that of an earlier tag. */
function sameButPlace(ours: PeerAnswer, theirs: PeerAnswer, main: string): boolean {
  if (ours.error === undefined || ours.error !== theirs.error) return false;
  if (theirs.line == null) return true;
  const line = main.split("\n")[(ours.line ?? 0) - 1] ?? "";
  // A tag over several lines: Jinja2 takes the line a comparison or tuple ends on.
  if (/\{[{%](?:(?!%\}|\}\}).)*$/.test(line) && (ours.line ?? 0) + 1 === theirs.line) return true;
  return ours.template === "main" && (ours.line ?? 0) > theirs.line && /(?:\{%[-+]?|^)\s*with\b/.test(line);
}

const show = (answer: PeerAnswer): string =>
  answer.text === undefined
    ? `${answer.error}: ${answer.message} at ${answer.template}:${answer.line}`
    : JSON.stringify(answer.text);
