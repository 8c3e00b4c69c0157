import { type BasaltError, infrastructureError, timeoutError } from "../errors.js";
import type { Pattern } from "./regex/pattern.js";

/** Kept for error messages: what the device said last. */
export const shownTextLength = 2000;
const shownLines = 5;

/** The last few lines of the text, for people. */
export function lastLines(text: string): string {
  const lines = text.split(/\r*\n/).map((line) => line.replaceAll(/[^\P{Cc}\t]/gu, "").trimEnd());
  return lines
    .filter((line) => line !== "")
    .slice(-shownLines)
    .join("\n");
}

export const namePatterns = (patterns: readonly (string | Pattern)[]): string =>
  patterns
    .map((pattern) =>
      typeof pattern === "string"
        ? JSON.stringify(pattern)
        : pattern.kind === "text"
          ? JSON.stringify(pattern.source)
          : `/${pattern.source}/`,
    )
    .join(", ");

const said = (lastText: string): string =>
  lastText.trim() === "" ? "the device said nothing" : `the device said last:\n${lastLines(lastText)}`;

const sourcesOf = (patterns: readonly (string | Pattern)[]): string[] =>
  patterns.map((pattern) => (typeof pattern === "string" ? pattern : pattern.source));

/** The far end hung up. `lastText` is what it said before, at most {@link shownTextLength} characters. */
export const connectionClosed = (during: string, lastText: string, cause?: unknown): BasaltError =>
  infrastructureError("ERR_CONNECTION_CLOSED", `connection closed by the device while ${during}; ${said(lastText)}`, {
    details: { lastText },
    ...(cause === undefined ? {} : { cause }),
  });

/** None of the patterns came in time. */
export const consoleTimeout = (
  patterns: readonly (string | Pattern)[],
  timeoutMs: number,
  lastText: string,
): BasaltError =>
  timeoutError(
    "ERR_CONSOLE_TIMEOUT",
    `waited ${timeoutMs / 1000} s for ${namePatterns(patterns)} on the console; ${said(lastText)}`,
    { details: { patterns: sourcesOf(patterns), timeoutMs, lastText } },
  );
