import {
  asObject,
  asText,
  asTexts,
  compilePattern,
  type JsonObject,
  type Pattern,
  type TestResult,
} from "@basalt/core";

/** A monitor of a test block, read. */
export interface Monitor {
  readonly name: string;
  readonly start: Pattern;
  readonly end: Pattern;
  readonly pattern: Pattern;
  readonly fixup: Readonly<Record<string, string>>;
  readonly expected: readonly string[];
}

/** Reads an entry of `monitors`. */
export function readMonitor(entry: JsonObject): Monitor {
  const text = (key: string): string => asText(entry[key]) ?? "";
  return {
    name: text("name"),
    start: compilePattern(text("start")),
    end: compilePattern(text("end")),
    pattern: compilePattern(text("pattern")),
    fixup: Object.fromEntries(Object.entries(asObject(entry.fixupdict)).map(([from, to]) => [from, asText(to) ?? ""])),
    expected: asTexts(entry.expected),
  };
}

/** A line that the monitor's pattern matched, as a test case. */
export interface MonitorCase {
  readonly name: string;
  readonly result: TestResult;
  readonly measurement?: string;
  readonly units?: string;
}

const results: ReadonlySet<string> = new Set(["pass", "fail", "skip", "unknown"]);
const defaultFixup: Readonly<Record<string, string>> = { PASS: "pass", FAIL: "fail", SKIP: "skip", UNKNOWN: "unknown" };

/**
 * A match as a test case, or what is wrong with it. Groups `test_case_id`, `result`, `measurement`, `units` count; a measurement without
 * result is a pass (lava-dispatcher.md 3.13).
 */
export function toCase(
  groups: Readonly<Record<string, string | undefined>>,
  fixup: Readonly<Record<string, string>>,
): MonitorCase | { readonly wrong: string } {
  const id = groups.test_case_id;
  if (id === undefined || id === "") return { wrong: "the pattern matched without a group 'test_case_id'" };
  const name = id.trim().toLowerCase().replace(/\W+/g, "_");
  const measurement = groups.measurement;
  const said = groups.result ?? (measurement === undefined ? undefined : "pass");
  if (said === undefined) return { wrong: `'${name}' has neither a result nor a measurement` };
  const result = Object.hasOwn(fixup, said)
    ? fixup[said]
    : Object.hasOwn(defaultFixup, said)
      ? defaultFixup[said]
      : said;
  if (result === undefined || !results.has(result))
    return {
      wrong: `'${name}' has the result '${said}': expected pass, fail, skip or unknown, or a fixupdict entry for it`,
    };
  return {
    name,
    result: result as TestResult,
    ...(measurement === undefined ? {} : { measurement }),
    ...(groups.units === undefined ? {} : { units: groups.units }),
  };
}

/** A monitor's suite: its name in lower case, runs of other characters as one underscore. */
export const suiteName = (name: string): string => name.toLowerCase().replace(/\W+/g, "_");
