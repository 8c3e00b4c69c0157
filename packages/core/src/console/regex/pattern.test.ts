import { describe, expect, test } from "vitest";
import { isBasaltError } from "../../errors.js";
import { hostilePatterns } from "./fixtures/hostile.js";
import { compilePattern, literalPattern, stepLimit } from "./pattern.js";

const failure = (source: string, options = {}): { code: string; message: string; details: Record<string, unknown> } => {
  try {
    compilePattern(source, options);
  } catch (error) {
    if (isBasaltError(error)) {
      expect(error.kind).toBe("job");
      return { code: error.code, message: error.message, details: { ...error.details } };
    }
    throw error;
  }
  throw new Error(`${source} was accepted`);
};

describe("compilePattern", () => {
  test("groups by number and name, with spans", () => {
    const found = compilePattern("(?P<id>\\S+) (x)?(?P<result>PASS|FAIL)").search("..\nfoo-1 FAIL\n");
    expect(found).toMatchObject({
      text: "foo-1 FAIL",
      groups: ["foo-1", undefined, "FAIL"],
      named: { id: "foo-1", result: "FAIL" },
      spans: [[3, 8], undefined, [9, 13]],
    });
  });

  test("the dot takes newlines, as LAVA's console compiles it", () => {
    expect(compilePattern("a.b").search("a\nb")?.text).toBe("a\nb");
    expect(compilePattern("a.b", { dotAll: false }).search("a\nb")).toBeUndefined();
    expect(compilePattern("(?-s:a.b)").search("a\nb")).toBeUndefined();
  });

  test.each([
    ["(a", "ERR_PATTERN_SYNTAX", 0, /missing \)/],
    ["a[b", "ERR_PATTERN_SYNTAX", 1, /unterminated character set \(expected \]\)/],
    ["a**", "ERR_PATTERN_SYNTAX", 2, /multiple repeat/],
    ["(?P<1>a)", "ERR_PATTERN_SYNTAX", 4, /bad character in group name/],
    ["a\\q", "ERR_PATTERN_SYNTAX", 1, /bad escape \\q/],
    ["(a)(?(1)b|c)", "ERR_PATTERN_UNSUPPORTED", 3, /conditional group/],
    ["\\N{BULLET}", "ERR_PATTERN_UNSUPPORTED", 0, /by name/],
  ])("%s is refused with pattern, position and problem", (source, code, position, problem) => {
    const { code: got, message, details } = failure(source);
    expect(got).toBe(code);
    expect(details).toMatchObject({ pattern: source, position });
    expect(message).toContain(JSON.stringify(source));
    expect(message).toMatch(problem);
    expect(message).toContain(`position ${position}`);
  });

  test("what would be too large is refused", () => {
    expect(failure("(?:a{100}){100}").code).toBe("ERR_PATTERN_TOO_LARGE");
    expect(failure("(".repeat(300) + ")".repeat(300)).code).toBe("ERR_PATTERN_TOO_LARGE");
    expect(failure(`${"(?:".repeat(8)}a${")*".repeat(8)}`).code).toBe("ERR_PATTERN_TOO_LARGE");
    expect(compilePattern("(?:){4000000000}").search("")?.text).toBe("");
  });

  test("a literal is no regular expression", () => {
    expect(literalPattern("/ # (.*) $").search("x/ # (.*) $")?.start).toBe(1);
  });
});

test("the same pattern is compiled once", () => {
  expect(compilePattern("ab+c")).toBe(compilePattern("ab+c"));
  expect(compilePattern("ab+c", { ignoreCase: true })).not.toBe(compilePattern("ab+c"));
});

describe("patterns that freeze a backtracking engine", () => {
  test.each(hostilePatterns)("$pattern", ({ pattern, text, verdict }) => {
    if (verdict === "refused") {
      expect(failure(pattern).code).toBe("ERR_PATTERN_UNBOUNDED");
      return;
    }
    const compiled = compilePattern(pattern);
    if (verdict === "stopped") {
      expect(() => compiled.search(text(20_000))).toThrow(new RegExp(`more than ${stepLimit} steps`));
      return;
    }
    // linear: far longer than the console's window, and it ends; on a backtracking engine it would not in a lifetime
    expect(compiled.search(text(20_000))).toBe(undefined);
  });
});
