import { type JsonObject, toBasaltError } from "@basalt/core";
import type { JobPageView, TimelineStep } from "@basalt/web";
import type { Asker, CaseView, JobView, Services } from "../../services/types.js";
import { mayWithJob } from "../may.js";
import type { PageRequest } from "../page-request.js";
import { readRecord, splitLines } from "./log-lines.js";
import { readExcerpt } from "./read-excerpt.js";
import { buildTimeline, type StepEvent, stepEvents, stepResults } from "./timeline.js";
import { jobDetails, suiteSummary } from "./views.js";

/** Lines looked at from the log's start and end for the timeline: what lies between is known by its results. */
const eventLines = 4_000;
/** Rows of the suite `lava` looked at; failing cases shown per job. */
const mostSteps = 1_000;
const mostFailed = 50;
const mostHistory = 50;
const mostPlans = 200;

/** Plans of jobs: they take a check of the whole job to make, and change only when a worker describes what it ran. */
const plans = new WeakMap<Services, Map<string, readonly JsonObject[]>>();

interface Plan {
  readonly plan: readonly JsonObject[];
  readonly problem?: string;
}

async function planOf({ services, asker }: Pick<PageRequest, "services" | "asker">, job: JobView): Promise<Plan> {
  const known = plans.get(services) ?? new Map<string, readonly JsonObject[]>();
  plans.set(services, known);
  const waits = job.state === "Submitted" || job.state === "Scheduling";
  const key = `${job.id} ${job.state === "Finished"} ${job.actual_device}`;
  const kept = known.get(key);
  if (kept) return { plan: kept };
  try {
    const plan = await services.jobs.plan(asker, job.id);
    // one that waits may get another device tomorrow, and what a worker described comes a little after a job's end
    if (!waits && job.state !== "Finished" && plan.length > 0) known.set(key, plan);
    for (const old of known.keys()) if (known.size > mostPlans) known.delete(old);
    return { plan };
  } catch (error) {
    const { message, kind } = toBasaltError(error);
    if (kind === "bug") throw error;
    return { plan: [], problem: message };
  }
}

interface Log {
  readonly events: readonly StepEvent[];
  readonly beganAt: number | undefined;
}

async function readEvents({ jobs }: Pick<Services, "jobs">, asker: Asker, id: number): Promise<Log> {
  const head = await jobs.log(asker, id, { start: 0, end: eventLines });
  const lines = splitLines(head.text);
  const [first] = lines;
  const beganAt = first === undefined ? undefined : Date.parse(readRecord(first).dt);
  const start = Math.max(lines.length, head.count - eventLines);
  const tail = await jobs.log(asker, id, { start, end: head.count, last: true });
  return {
    events: [...stepEvents(lines, 1), ...stepEvents(splitLines(tail.text), tail.start + 1)],
    beganAt: Number.isNaN(beganAt) ? undefined : beganAt,
  };
}

/** All that a job's page shows but for its log. */
export async function readJobFacts(request: PageRequest, id: string): Promise<JobPageView> {
  const { services, asker, clock } = request;
  const job = await services.jobs.get(asker, id);
  const [{ plan, problem }, log, suites, steps, failed, history, rights] = await Promise.all([
    planOf(request, job),
    readEvents(services, asker, job.id),
    services.results.suites(asker, job.id),
    services.results.cases(asker, job.id, { suite: "lava", limit: mostSteps, ordering: "id" }),
    services.results.cases(asker, job.id, {
      filters: [{ field: ["result"], lookup: "exact", value: "fail" }],
      limit: mostFailed,
    }),
    services.jobs.history(asker, job.id),
    request.rights(),
  ]);
  const failedAt = errorLine(steps.items);
  const now = new Date(clock.now());
  const beganAt = log.beganAt ?? job.start_time?.getTime() ?? now.getTime();
  const until = job.end_time?.getTime() ?? now.getTime();
  const timeline = buildTimeline({
    plan,
    events: log.events,
    results: stepResults(steps.items),
    beganAt,
    until,
    finished: job.state === "Finished",
  });
  return {
    job: jobDetails(job, {
      line: failedAt,
      excerpt: await readExcerpt(services.jobs, { asker, id: job.id, line: failedAt }),
    }),
    may: mayWithJob(rights, asker, job),
    timeline: { job: job.public_id, totalMs: totalMs(timeline, until - beganAt), steps: timeline },
    suites: suites.map((suite) => suiteSummary(suite, failed.items)),
    planError: problem,
    history: history.slice(0, mostHistory),
    now,
  };
}

/** The last thing that ended: the time between a job's last line and its end is nobody's. */
const totalMs = (steps: readonly TimelineStep[], wholeMs: number): number =>
  Math.max(0, ...steps.flatMap(({ runs }) => runs.map(({ toMs }) => toMs))) || Math.max(0, wholeMs);

/** The first action that failed is why the job did; those that hold it failed by it. */
function errorLine(cases: readonly CaseView[]): number | undefined {
  const failed = cases.find(({ result, name }) => result === "fail" && name !== "job");
  const line = failed?.log_line ?? null;
  return line === null ? undefined : line + 1;
}
