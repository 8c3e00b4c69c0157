import { document, type Frame } from "../frame.js";
import { Pager, type PagerView } from "../pager.js";
import { Badge, deviceHref, duration, jobHref, jobWord, Time } from "../words.js";
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
  /** What was wrong with the filters. */
  readonly problem?: string | undefined;
}

const states = ["active", "Submitted", "Scheduled", "Running", "Canceling", "Finished"];
const healths = ["Complete", "Incomplete", "Canceled"];

/** Jobs by filters, in pages. */
export const jobsPage = (frame: Frame, { filters, jobs, pager, problem }: JobsView): string =>
  document(frame, {
    title: "Jobs",
    children: (
      <>
        <h1>Jobs</h1>
        <form class="filters" method="get" action="/jobs">
          <Choice name="state" label="State" options={states} value={filters.state} />
          <Choice name="health" label="Health" options={healths} value={filters.health} />
          <Field name="type" label="Device type" value={filters.type} />
          <Field name="device" label="Device" value={filters.device} />
          <Field name="submitter" label="Submitter" value={filters.submitter} />
          <Field name="text" label="Description has" value={filters.text} />
          <button type="submit">Show</button>
          {frame.user && <a href={`/jobs?submitter=${encodeURIComponent(frame.user.name)}`}>Mine</a>}
          <a href="/jobs">All</a>
        </form>
        {problem !== undefined && (
          <p class="box bad" role="alert">
            {problem}
          </p>
        )}
        <div class="scroll-x">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Job</th>
                <th scope="col">State</th>
                <th scope="col">Description</th>
                <th scope="col">Device</th>
                <th scope="col">Submitter</th>
                <th scope="col">Submitted</th>
                <th scope="col" class="num">
                  Took
                </th>
              </tr>
            </thead>
            <tbody>
              {jobs.map((job) => (
                <tr key={job.id}>
                  <td>
                    <a class="id" href={jobHref(job.id)}>
                      {job.id}
                    </a>
                  </td>
                  <td>
                    <Badge word={jobWord(job)} />
                  </td>
                  <td class="wide">
                    <a href={jobHref(job.id)}>{job.description === "" ? "(without a name)" : job.description}</a>
                    {job.healthCheck && <span class="quiet"> health check</span>}
                    {job.state === "Submitted" && job.waitsFor !== null && <div class="why">{job.waitsFor}</div>}
                  </td>
                  <td>
                    {job.device === null ? (
                      <span class="quiet">{job.deviceType}</span>
                    ) : (
                      <a href={deviceHref(job.device)}>{job.device}</a>
                    )}
                  </td>
                  <td>{job.submitter}</td>
                  <td>
                    <Time at={job.submitted} />
                  </td>
                  <td class="num">
                    {job.started && job.ended ? duration(job.ended.getTime() - job.started.getTime()) : ""}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {jobs.length === 0 && <p class="quiet">No such job.</p>}
        <Pager {...pager} />
      </>
    ),
  });

const Field = ({ name, label, value }: { readonly name: string; readonly label: string; readonly value: string }) => (
  <label>
    {label} <input name={name} value={value} size={12} autocapitalize="off" />
  </label>
);

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
  readonly value: string;
}

const Choice = ({ name, label, options, value }: ChoiceProps) => (
  <label>
    {label}{" "}
    <select name={name}>
      <option value="">any</option>
      {options.map((option) => (
        <option value={option} selected={option === value} key={option}>
          {option}
        </option>
      ))}
    </select>
  </label>
);
