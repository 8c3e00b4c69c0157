import type { VNode } from "preact";
import { Choice } from "../forms.js";
import { document, type Frame } from "../frame.js";
import { jobHref, resultsHref } from "../links.js";
import { Pager, type PagerView } from "../pager.js";
import { type Column, Table } from "../table.js";
import { Badge, Time } from "../words.js";
import { CaseName, type CaseRow, LineLink, resultWords, type SuiteSummary } from "./suites.js";

export interface ResultsView {
  readonly job: string;
  readonly suites: readonly SuiteSummary[];
  /** The suite that is shown; all otherwise. */
  readonly suite: string | undefined;
  readonly result: string | undefined;
  readonly cases: readonly CaseRow[];
  readonly pager: PagerView;
}

const downloads = { csv: "CSV", yaml: "YAML", junit: "JUnit", tap13: "TAP" } as const;

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
        <Totals {...view} />
        <form class="filters" method="get" action={resultsHref(job)}>
          <Choice name="suite" label="Suite" options={suites.map(({ name }) => name)} value={suite ?? ""} any="all" />
          <Choice name="result" label="Result" options={resultWords} value={result ?? ""} any="all" />
          <button type="submit">Show</button>
          <span class="spring" />
          <span class="downloads">
            Download{" "}
            {Object.entries(downloads).map(([as, name]) => (
              <a href={`${resultsHref(job)}.${as}`} download key={as}>
                {name}
              </a>
            ))}
          </span>
        </form>
        <Table
          caption={`Results of job ${job}`}
          columns={columns(job)}
          rows={cases}
          keyOf={({ suite: of, set, name, line }) => `${of} ${set} ${name} ${line}`}
          idOf={anchors(cases)}
          empty="No results."
        />
        <Pager {...pager} />
      </>
    ),
  });
}

/** How many of each there are, as links to them. */
function Totals({ job, suites, suite }: ResultsView): VNode {
  const counted = suites.filter(({ name }) => suite === undefined || name === suite);
  return (
    <p class="counts">
      {resultWords.map((word) => {
        const count = counted.reduce((sum, { counts }) => sum + counts[word], 0);
        const query = new URLSearchParams({ ...(suite === undefined ? {} : { suite }), result: word });
        return (
          count > 0 && (
            <a href={`${resultsHref(job)}?${query}`} key={word}>
              <Badge word={word} count={count} />
            </a>
          )
        );
      })}
    </p>
  );
}

/** A case's name as an anchor; what comes again under the same name has none. */
function anchors(cases: readonly CaseRow[]): (row: CaseRow) => string | undefined {
  const firsts = new Map<string, CaseRow>();
  for (const row of cases) if (!firsts.has(row.name)) firsts.set(row.name, row);
  return (row) => (firsts.get(row.name) === row ? `case-${encodeURIComponent(row.name)}` : undefined);
}

const columns = (job: string): readonly Column<CaseRow>[] => [
  { head: "Result", cell: ({ result }) => <Badge word={result} /> },
  { head: "Suite", cell: ({ suite }) => <a href={resultsHref(job, suite)}>{suite}</a> },
  { head: "Case", kind: "wide", cell: (row) => <CaseName row={row} /> },
  { head: "Measurement", kind: "num", cell: ({ measurement }) => measurement },
  { head: "Log", cell: ({ line }) => <LineLink job={job} line={line} /> },
  { head: "When", cell: ({ logged }) => <Time at={logged} exact /> },
];
