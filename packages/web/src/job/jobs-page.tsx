import type { VNode } from "preact";
import { Choice, Field } from "../forms.js";
import { document, type Frame } from "../frame.js";
import { jobHref, jobsHref } from "../links.js";
import { Pager, type PagerView } from "../pager.js";
import { type Column, Table } from "../table.js";
import { Badge, jobWord, Time } from "../words.js";
import { tookOf, Where, Why } from "./job-cells.js";
import type { JobRowView } from "./job-view.js";

/** What the list was asked for; empty texts ask for nothing. */
export interface JobFilters {
  readonly state: string;
  readonly health: string;
  readonly type: string;
  readonly device: string;
  readonly submitter: string;
  readonly text: string;
}

export interface JobsView {
  readonly filters: JobFilters;
  readonly jobs: readonly JobRowView[];
  readonly pager: PagerView;
  readonly now: Date;
  /** What was wrong with the filters. */
  readonly problem?: string | undefined;
}

const states = ["active", "Submitted", "Scheduled", "Running", "Canceling", "Finished"];
const healths = ["Complete", "Incomplete", "Canceled"];

/** Jobs by filters, in pages. */
export const jobsPage = (frame: Frame, { filters, jobs, pager, now, problem }: JobsView): string =>
  document(frame, {
    title: "Jobs",
    children: (
      <>
        <h1>
          Jobs <span class="quiet">{pager.count.toLocaleString("en")}</span>
        </h1>
        <Shortcuts filters={filters} user={frame.user?.name} />
        <form class="filters" method="get" action="/jobs">
          <Choice name="state" label="State" options={states} value={filters.state} any="any" />
          <Choice name="health" label="Health" options={healths} value={filters.health} any="any" />
          <Field name="type" label="Device type" value={filters.type} />
          <Field name="device" label="Device" value={filters.device} />
          <Field name="submitter" label="Submitter" value={filters.submitter} />
          <Field name="text" label="Description has" value={filters.text} />
          <button type="submit">Show</button>
        </form>
        {problem !== undefined && (
          <p class="box bad" role="alert">
            {problem}
          </p>
        )}
        <Table caption="Jobs" columns={columns(now)} rows={jobs} keyOf={({ id }) => id} empty="No such job." />
        <Pager {...pager} />
      </>
    ),
  });

/** What is asked for most. */
function Shortcuts({ filters, user }: { readonly filters: JobFilters; readonly user: string | undefined }): VNode {
  const shortcuts: readonly (readonly [text: string, filters: Partial<JobFilters>])[] = [
    ["All", {}],
    ["Running", { state: "active" }],
    ["Queued", { state: "Submitted" }],
    ["Incomplete", { health: "Incomplete" }],
    ...(user === undefined ? [] : [["Mine", { submitter: user }] as const]),
  ];
  const now = jobsHref(Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== "")));
  return (
    <nav class="shortcuts" aria-label="Kinds of jobs">
      {shortcuts.map(([text, wanted]) => (
        <a href={jobsHref(wanted)} aria-current={jobsHref(wanted) === now ? "page" : undefined} key={text}>
          {text}
        </a>
      ))}
    </nav>
  );
}

const columns = (now: Date): readonly Column<JobRowView>[] => [
  {
    head: "Job",
    kind: "name",
    cell: ({ id }) => (
      <a class="id" href={jobHref(id)}>
        {id}
      </a>
    ),
  },
  { head: "State", cell: (job) => <Badge word={jobWord(job)} /> },
  {
    head: "Description",
    kind: "wide",
    cell: (job) => (
      <>
        <a href={jobHref(job.id)}>{job.description === "" ? "(without a name)" : job.description}</a>
        {job.healthCheck && <span class="quiet"> health check</span>}
        <Why job={job} />
      </>
    ),
  },
  { head: "Device", cell: (job) => <Where job={job} /> },
  { head: "Submitter", cell: ({ submitter }) => <a href={jobsHref({ submitter })}>{submitter}</a> },
  { head: "Submitted", cell: ({ submitted }) => <Time at={submitted} /> },
  { head: "Took", kind: "num", cell: (job) => tookOf(job, now) },
];
