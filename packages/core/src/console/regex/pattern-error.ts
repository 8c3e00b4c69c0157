import { type BasaltError, jobError } from "../../errors.js";

/** Long patterns are cut so that an error stays readable. */
export const quotePattern = (source: string): string =>
  JSON.stringify(source.length > 200 ? `${source.slice(0, 200)}...` : source);

/** The pattern is no Python regular expression. `position` counts code points from 0, as Python's messages do. */
export const syntaxError = (source: string, position: number, problem: string): BasaltError =>
  jobError(
    "ERR_PATTERN_SYNTAX",
    `pattern ${quotePattern(source)} is no regular expression: ${problem} at position ${position}`,
    {
      details: { pattern: source, position, problem },
    },
  );

/** Python takes the pattern; Basalt does not, on purpose. */
export const unsupportedError = (source: string, position: number, problem: string): BasaltError =>
  jobError(
    "ERR_PATTERN_UNSUPPORTED",
    `pattern ${quotePattern(source)} uses ${problem} at position ${position}, which Basalt does not support: write it without`,
    { details: { pattern: source, position, problem } },
  );

/** The pattern would need more memory or time than a console may spend on it. */
export const tooLargeError = (source: string, problem: string): BasaltError =>
  jobError("ERR_PATTERN_TOO_LARGE", `pattern ${quotePattern(source)} is too large: ${problem}`, {
    details: { pattern: source, problem },
  });

/** The pattern can backtrack without bound, and needs a feature that no linear engine has. */
export const unboundedError = (source: string, problem: string): BasaltError =>
  jobError("ERR_PATTERN_UNBOUNDED", `pattern ${quotePattern(source)} could freeze the job: ${problem}`, {
    details: { pattern: source, problem },
  });
