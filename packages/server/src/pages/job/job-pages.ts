import { definitionPage, jobPage, jobParts, type LogPanelView, logLevels, logPage, logRows } from "@basalt/web";
import { get, numberIn, type PageRequest, type PageRoute, post } from "../page-request.js";
import { readJobFacts } from "./job-facts.js";
import { type LogPartView, type LogPlace, partLines, readLogPart } from "./read-log-part.js";

const jobPath = (id: string): string => `/jobs/${encodeURIComponent(id)}`;
/** Where the log's WebSocket is (http/live). */
const livePath = (id: number): string => `/api/v0.2/jobs/${id}/live`;

const idOf = ({ params }: PageRequest): string => params.id ?? "";

function levelsOf({ query }: PageRequest): readonly string[] {
  const asked = query.getAll("level").filter((level) => (logLevels as readonly string[]).includes(level));
  return asked.length === logLevels.length ? [] : asked;
}

/** Which part of the log an address names. */
function placeOf({ query }: PageRequest): LogPlace {
  const at = (name: string): number => numberIn(query, name, { least: 1, otherwise: 1 });
  if (query.get("line")) return { around: at("line") };
  if (query.get("around")) return { around: at("around") };
  if (query.get("to")) return { to: at("to") };
  return { from: at("from") };
}

const longestText = 200;
const textOf = ({ query }: PageRequest): string => (query.get("text") ?? "").slice(0, longestText);

interface PanelFacts extends Pick<LogPanelView, "job" | "levels" | "text"> {
  readonly id: number;
}

const panel = (part: LogPartView, { id, ...facts }: PanelFacts): LogPanelView => ({
  ...part,
  ...facts,
  live: part.finished ? undefined : livePath(id),
});

async function showJob(request: PageRequest) {
  const { services, asker, frame } = request;
  const id = idOf(request);
  const view = await readJobFacts(request, id);
  const running = view.job.state !== "Finished";
  const place = running ? { to: Number.MAX_SAFE_INTEGER } : { from: 1 };
  const part = await readLogPart(services.jobs, { asker, id, place, levels: [] });
  const { id: number } = await services.jobs.get(asker, id);
  return { html: jobPage(frame, view, panel(part, { job: view.job.id, id: number, levels: [] })) };
}

async function showLog(request: PageRequest) {
  const { services, asker, frame } = request;
  const job = await services.jobs.get(asker, idOf(request));
  const levels = levelsOf(request);
  const text = textOf(request);
  const part = await readLogPart(services.jobs, { asker, id: job.id, place: placeOf(request), levels, text });
  return { html: logPage(frame, panel(part, { job: job.public_id, id: job.id, levels, text })) };
}

/** Lines for a page that has others already. */
async function sendLines(request: PageRequest) {
  const { services, asker, query } = request;
  const id = idOf(request);
  const limit = numberIn(query, "limit", { most: partLines, otherwise: partLines });
  const levels = levelsOf(request);
  const text = textOf(request);
  const part = await readLogPart(services.jobs, { asker, id, place: placeOf(request), levels, text, limit });
  const { from, to, count, finished, lines } = part;
  return { json: { from, to, count, finished, html: logRows(id, lines) } };
}

/** Lines sent at a time where the whole log is wanted. */
const downloadLines = 4_096;

async function downloadLog({ services, asker, params: { id = "" } }: PageRequest) {
  const { count } = await services.jobs.log(asker, id, { start: 0, end: 0 });
  async function* parts(): AsyncGenerator<Buffer> {
    for (let start = 0; start < count; ) {
      const { text, next } = await services.jobs.log(asker, id, { start, end: Math.min(count, start + downloadLines) });
      if (next <= start) return;
      yield text;
      start = next;
    }
  }
  return { body: parts(), type: "application/yaml", fileName: `job-${id}.yaml` };
}

async function showDefinition(request: PageRequest) {
  const { services, asker, frame } = request;
  const job = await services.jobs.get(asker, idOf(request));
  const { original_definition, definition, multinode_definition } = job;
  const texts = [
    { name: "As submitted", text: original_definition },
    ...(definition === original_definition ? [] : [{ name: "As it runs", text: definition }]),
    ...(multinode_definition === "" ? [] : [{ name: "Of the whole group", text: multinode_definition }]),
  ];
  return { html: definitionPage(frame, { job: job.public_id, texts, maySubmit: asker !== undefined }) };
}

async function downloadDefinition({ services, asker, params: { id = "" } }: PageRequest) {
  const job = await services.jobs.get(asker, id);
  const body = job.multinode_definition === "" ? job.original_definition : job.multinode_definition;
  return { body, type: "application/yaml", fileName: `job-${job.public_id}-definition.yaml` };
}

async function cancel({ services, asker, params: { id = "" } }: PageRequest) {
  const done = await services.jobs.cancel(asker, id);
  return { redirect: `${jobPath(id)}?said=${done ? "canceled" : "ended-already"}` };
}

async function resubmit({ services, asker, params: { id = "" } }: PageRequest) {
  const { ids } = await services.jobs.resubmit(asker, id);
  return { redirect: `${jobPath(ids[0] ?? id)}?said=resubmitted` };
}

/** A job, its log, its definition, and what can be done with it. */
export const jobRoutes: readonly PageRoute[] = [
  get("/jobs/:id", showJob),
  get("/jobs/:id/parts", async (request) => ({ html: jobParts(await readJobFacts(request, idOf(request))) })),
  get("/jobs/:id/log", showLog),
  get("/jobs/:id/lines", sendLines),
  get("/jobs/:id/log.yaml", downloadLog),
  get("/jobs/:id/definition", showDefinition),
  get("/jobs/:id/definition.yaml", downloadDefinition),
  post("/jobs/:id/cancel", cancel),
  post("/jobs/:id/resubmit", resubmit),
];
