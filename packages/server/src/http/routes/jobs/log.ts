import { Readable } from "node:stream";
import type { LogPart } from "../../../services/types.js";
import { notFound } from "../../../submit/refusals.js";
import { answers, attachment, givesText, numberOf, text } from "../../answers.js";
import { defineRoute } from "../../route.js";
import { pathOf } from "../make/resource-routes.js";
import { jobs } from "./jobs-resource.js";

/** What of a log is in memory for one reader. */
const linesAtOnce = 4_096;
const bytesAtOnce = 1024 * 1024;

/** A long log in parts: the next is read when the client has taken the last. */
async function* logParts(read: (start: number) => Promise<LogPart>, first: LogPart, until: number) {
  for (let part = first; ; part = await read(part.next)) {
    yield part.text;
    // nothing there: the log is gone
    if (part.next >= until || part.text.length === 0) return;
  }
}

export const jobLogRoute = defineRoute({
  method: "get",
  path: `${pathOf(jobs)}logs/`,
  id: "getJobLog",
  tag: jobs.tag,
  summary: "Lines [start, end) of its log, counted from 0, in constant time.",
  query: { start: { type: "integer", minimum: 0 }, end: { type: "integer", minimum: 0 } },
  answers: answers({ 200: givesText("application/yaml", "A list, one entry a line.") }, 404),
  async handle({ services, asker, params, query }) {
    const id = params.id ?? "";
    const start = numberOf(query, "start") ?? 0;
    const end = numberOf(query, "end") ?? Number.MAX_SAFE_INTEGER;
    const read = (from: number) =>
      services.jobs.log(asker, id, { start: from, end: Math.min(end, from + linesAtOnce), bytes: bytesAtOnce });
    const first = await read(start);
    if (first.count === 0) throw notFound("ERR_NO_LOG", `job ${id} has no log yet`);
    const until = Math.min(end, first.count);
    const body = first.next >= until ? first.text : Readable.from(logParts(read, first, until));
    return text(body, "application/yaml", {
      ...attachment(`job_${id}.yaml`),
      "X-Log-Lines": String(first.count),
      "X-Is-Finished": first.finished ? "1" : "0",
    });
  },
});
