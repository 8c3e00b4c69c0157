import type { VNode } from "preact";
import { ConsoleText } from "../ansi.js";
import { document, type Frame } from "../frame.js";
import { logHref } from "../log/log-panel.js";
import { Pager, type PagerView } from "../pager.js";
import { Badge, jobHref, plural, Time } from "../words.js";

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

const words = ["pass", "fail", "skip", "unknown"] as const;
const total = ({ counts }: SuiteSummary): number => words.reduce((sum, word) => sum + counts[word], 0);

export const resultsHref = (job: string, suite?: string): string =>
  `${jobHref(job)}/results${suite === undefined ? "" : `?suite=${encodeURIComponent(suite)}`}`;

const Counts = ({ suite }: { suite: SuiteSummary }): VNode => (
  <span class="counts">
    {words.map((word) => suite.counts[word] > 0 && <Badge word={word} count={suite.counts[word]} key={word} />)}
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

const CaseName = ({ row }: { row: CaseRow }): VNode => (
  <>
    {row.set !== null && <span class="quiet">{row.set} / </span>}
    <ConsoleText text={row.name} />
  </>
);

const LineLink = ({ job, line }: { job: string; line: number | undefined }): VNode => (
  <>
    {line !== undefined && (
      <a class="line-link" href={logHref(job, { line })} data-line={line}>
        line {line}
      </a>
    )}
  </>
);

export interface ResultsView {
  readonly job: string;
  readonly suites: readonly SuiteSummary[];
  /** The suite that is shown; all otherwise. */
  readonly suite: string | undefined;
  readonly result: string | undefined;
  readonly cases: readonly CaseRow[];
  readonly pager: PagerView;
}

/** All results of a job or a suite, in pages. */
export function resultsPage(frame: Frame, view: ResultsView): string {
  const { job, suites, suite, result, cases, pager } = view;
  return document(frame, {
    title: `Results of job ${job}`,
    children: (
      <>
        <p class="crumbs">
          <a href={jobHref(job)}>Job {job}</a>
        </p>
        <h1>Results of job {job}</h1>
        <form class="filters" method="get" action={`${jobHref(job)}/results`}>
          <label>
            Suite{" "}
            <select name="suite">
              <option value="">all</option>
              {suites.map(({ name }) => (
                <option selected={name === suite} key={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            Result{" "}
            <select name="result">
              <option value="">all</option>
              {words.map((word) => (
                <option selected={word === result} key={word}>
                  {word}
                </option>
              ))}
            </select>
          </label>
          <button type="submit">Show</button>
          <span class="spring" />
          <span class="downloads">
            Download{" "}
            {["csv", "yaml", "junit", "tap13"].map((as) => (
              <a href={`${jobHref(job)}/results.${as}`} download key={as}>
                {as === "tap13" ? "TAP" : as === "junit" ? "JUnit" : as.toUpperCase()}
              </a>
            ))}
          </span>
        </form>
        <div class="scroll-x">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Result</th>
                <th scope="col">Suite</th>
                <th scope="col">Case</th>
                <th scope="col" class="num">
                  Measurement
                </th>
                <th scope="col">Log</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              {cases.map((row) => (
                <tr id={`case-${encodeURIComponent(row.name)}`} key={`${row.suite} ${row.set} ${row.name} ${row.line}`}>
                  <td>
                    <Badge word={row.result} />
                  </td>
                  <td>{row.suite}</td>
                  <td>
                    <CaseName row={row} />
                  </td>
                  <td class="num">{row.measurement}</td>
                  <td>
                    <LineLink job={job} line={row.line} />
                  </td>
                  <td>
                    <Time at={row.logged} exact />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {cases.length === 0 && <p class="quiet">No results.</p>}
        <Pager {...pager} />
      </>
    ),
  });
}
