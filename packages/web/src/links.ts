/** A job's address. */
export const jobHref = (id: string | number): string => `/jobs/${encodeURIComponent(id)}`;
export const deviceHref = (name: string): string => `/devices/${encodeURIComponent(name)}`;
export const typeHref = (name: string): string => `/device-types#${encodeURIComponent(name)}`;
export const workerHref = (name: string): string => `/workers#${encodeURIComponent(name)}`;

/** The jobs that match: `/jobs?state=Submitted`. */
export const jobsHref = (filters: Readonly<Record<string, string>> = {}): string => listHref("/jobs", filters);
export const devicesHref = (filters: Readonly<Record<string, string>> = {}): string => listHref("/devices", filters);

function listHref(path: string, filters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(filters).toString();
  return query === "" ? path : `${path}?${query}`;
}

export const resultsHref = (job: string, suite?: string): string =>
  `${jobHref(job)}/results${suite === undefined ? "" : `?suite=${encodeURIComponent(suite)}`}`;

export interface LogPlaceView {
  readonly from?: number;
  readonly to?: number;
  readonly line?: number;
  readonly levels?: readonly string[];
  readonly text?: string;
}

/** Where a part of a job's log stands; lines from 1. */
export function logHref(job: string, { from, to, line, levels = [], text = "" }: LogPlaceView): string {
  const query = new URLSearchParams();
  if (from !== undefined) query.set("from", String(from));
  if (to !== undefined) query.set("to", String(to));
  if (line !== undefined) query.set("line", String(line));
  for (const level of levels) query.append("level", level);
  if (text !== "") query.set("text", text);
  const asked = query.toString();
  return `${jobHref(job)}/log${asked === "" ? "" : `?${asked}`}${line === undefined ? "" : `#L${line}`}`;
}
