import type { VNode } from "preact";
import { ConsoleText } from "../ansi.js";
import { logHref, resultsHref } from "../links.js";
import { Badge, plural } from "../words.js";

export interface SuiteSummary {
  readonly name: string;
  readonly counts: Readonly<Record<"pass" | "fail" | "skip" | "unknown", number>>;
  /** The first that failed. */
  readonly failed: readonly CaseRow[];
}

export interface CaseRow {
  readonly suite: string;
  readonly set: string | null;
  readonly name: string;
  readonly result: string;
  readonly measurement: string;
  /** Line of the log, from 1. */
  readonly line: number | undefined;
  readonly logged: Date;
}

/** What a case can come to. */
export const resultWords = ["pass", "fail", "skip", "unknown"] as const;
const total = ({ counts }: SuiteSummary): number => resultWords.reduce((sum, word) => sum + counts[word], 0);

const Counts = ({ suite }: { suite: SuiteSummary }): VNode => (
  <span class="counts">
    {resultWords.map((word) => suite.counts[word] > 0 && <Badge word={word} count={suite.counts[word]} key={word} />)}
  </span>
);

/** The suites of a job: how many of each passed, and what failed. The pipeline's own results come last. */
export function Suites({ job, suites }: { readonly job: string; readonly suites: readonly SuiteSummary[] }): VNode {
  if (suites.length === 0) return <p class="quiet">No results yet.</p>;
  const ordered = [...suites].sort((a, b) => Number(a.name === "lava") - Number(b.name === "lava"));
  return (
    <ul class="suites">
      {ordered.map((suite) => (
        <li class="card" key={suite.name}>
          <div class="card-head">
            <h3>
              <a href={resultsHref(job, suite.name)}>
                {suite.name === "lava" ? "lava (steps of the pipeline)" : suite.name}
              </a>
            </h3>
            <span class="quiet">{plural(total(suite), "result")}</span>
            <Counts suite={suite} />
          </div>
          {suite.failed.length > 0 && (
            <ul class="failed">
              {suite.failed.map((row) => (
                <li key={`${row.set} ${row.name} ${row.line}`}>
                  <Badge word={row.result} /> <CaseName row={row} />
                  <LineLink job={job} line={row.line} />
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}

export const CaseName = ({ row }: { row: CaseRow }): VNode => (
  <>
    {row.set !== null && <span class="quiet">{row.set} / </span>}
    <ConsoleText text={row.name} />
  </>
);

export const LineLink = ({ job, line }: { job: string; line: number | undefined }): VNode => (
  <>
    {line !== undefined && (
      <a class="line-link" href={logHref(job, { line })} data-line={line}>
        line {line}
      </a>
    )}
  </>
);
