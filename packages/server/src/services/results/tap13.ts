import type { CaseView } from "../types.js";

/** A hash would begin a directive, a line end a new line. */
const described = (text: string): string => text.replaceAll("#", "\\#").replace(/\s+/g, " ");

function line(item: CaseView, number: number): string {
  const name = described(item.name);
  switch (item.result) {
    case "pass":
      return `ok ${number} ${name}`;
    case "skip":
      return `ok ${number} ${name} # SKIP`;
    case "unknown":
      return `not ok ${number} ${name} # TODO unknown result`;
    case "fail":
      return `not ok ${number} ${name}`;
  }
}

/** Test Anything Protocol, version 13: one plan for the whole job, a comment before each suite. */
export function toTap13(job: number, cases: readonly CaseView[]): string {
  const lines = ["TAP version 13", `1..${cases.length}`, `# TAP results for job ${job}`];
  let suite: string | undefined;
  for (const [index, item] of cases.entries()) {
    if (item.suite !== suite) lines.push(`# TAP results for suite ${described(item.suite)}`);
    suite = item.suite;
    lines.push(line(item, index + 1));
  }
  return `${lines.join("\n")}\n`;
}
