import type { ResultRecord, TestResult } from "@basalt/core";

/** A test case's result, read from a signal or a match. */
export interface CaseReport {
  readonly id: string;
  readonly result: TestResult;
  readonly more: Pick<ResultRecord, "measurement" | "units" | "reference">;
  /** Something of it could not be read, and was left out. */
  readonly remark?: string;
}

const results: ReadonlySet<string> = new Set(["pass", "fail", "skip", "unknown"]);
const isResult = (word: string): word is TestResult => results.has(word);
const defaultFixup: Readonly<Record<string, string>> = { PASS: "pass", FAIL: "fail", SKIP: "skip", UNKNOWN: "unknown" };

/** A result word after the definition's `fixupdict`, or LAVA's own where it has none; undefined where it is none of the four. */
export function fixResult(word: string, fixup: Readonly<Record<string, string>>): TestResult | undefined {
  const own = Object.hasOwn(fixup, word) ? fixup[word] : undefined;
  const fixed = own ?? (Object.hasOwn(defaultFixup, word) ? defaultFixup[word] : undefined) ?? word;
  return isResult(fixed) ? fixed : undefined;
}

/** Reads `TEST_CASE_ID=x RESULT=y [UNITS=u MEASUREMENT=m]`; a text says what is wrong with it. */
export function readCase(words: readonly string[], fixup: Readonly<Record<string, string>>): CaseReport | string {
  const values = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf("=");
    if (at > 0) values.set(word.slice(0, at).toLowerCase(), word.slice(at + 1));
  }
  const id = values.get("test_case_id") ?? "";
  const word = values.get("result");
  const measurement = values.get("measurement");
  const units = values.get("units");
  if (id === "") return "it names no test case";
  // a pattern that measures need not judge
  const result = word === undefined && measurement !== undefined ? "pass" : fixResult(word ?? "", fixup);
  if (result === undefined)
    return word === undefined ? "it has no result" : `'${word}' is not pass, fail, skip or unknown`;
  const isNumber = measurement !== undefined && measurement.trim() !== "" && Number.isFinite(Number(measurement));
  const more = { ...(isNumber ? { measurement } : {}), ...(units === undefined ? {} : { units }) };
  if (measurement === undefined || isNumber) return { id, result, more };
  return { id, result, more, remark: `measurement '${measurement}' is no number: left out` };
}
