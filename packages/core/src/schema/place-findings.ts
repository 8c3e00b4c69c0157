import { formatPath } from "../yaml/path.js";
import type { YamlDocument } from "../yaml/read-yaml.js";
import { type Finding, type Problem, type ProblemCode, showValue, type ValidationResult } from "./problem.js";

/** Nobody reads more of them, and to place one costs a walk through the text. */
export const mostFindings = 100;

/** The first hundred, errors before warnings. */
function firstOf(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= mostFindings) return findings;
  const errors = findings.filter(({ severity }) => severity === "error");
  return [...errors, ...findings.filter(({ severity }) => severity !== "error")].slice(0, mostFindings);
}

/** Gives findings their lines and columns; nothing is loaded where there are none. */
export async function placeFindings(
  document: Pick<YamlDocument, "file" | "warnings" | "locator">,
  findings: readonly Finding[],
  repeatedKey: ProblemCode,
): Promise<ValidationResult> {
  const { file } = document;
  const repeated = document.warnings.map(
    ({ line, column, message }): Problem => ({
      severity: "warning",
      code: repeatedKey,
      file,
      line,
      column,
      path: "(the document)",
      value: "",
      expected: "each key once",
      message,
    }),
  );
  if (findings.length === 0) return { ok: true, warnings: repeated };
  const locate = await document.locator();
  const placed = firstOf(findings).map(({ path, at, value, ...rest }): Problem => {
    const { line, column } = locate(path, at);
    return { ...rest, file, line, column, path: formatPath(path), value: showValue(path, value) };
  });
  const sorted = placed.sort((a, b) => a.line - b.line || a.column - b.column);
  const problems = sorted.filter(({ severity }) => severity === "error");
  const warnings = [...repeated, ...sorted.filter(({ severity }) => severity === "warning")];
  return problems.length === 0 ? { ok: true, warnings } : { ok: false, problems, warnings };
}
