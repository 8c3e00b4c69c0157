import { Readable } from "node:stream";
import { notFound } from "../../../submit/refusals.js";
import { answers, attachment, givesText, numberOf, text } from "../../answers.js";
import { type ApiRequest, defineRoute } from "../../route.js";
import { pathOf } from "../make/resource-routes.js";
import { jobs } from "./jobs-resource.js";

/** Lines of a log that are in memory for one reader. */
const linesAtOnce = 4_096;

/** A long log in parts: the next is read when the client has taken the last. */
async function* logParts(
  { services, asker }: Pick<ApiRequest, "services" | "asker">,
  {
    id,
    first,
    start,
    until,
  }: { readonly id: string; readonly first: Buffer; readonly start: number; readonly until: number },
): AsyncGenerator<Buffer> {
  yield first;
  for (let from = start + linesAtOnce; from < until; from += linesAtOnce)
    yield (await services.jobs.log(asker, id, { start: from, end: Math.min(until, from + linesAtOnce) })).text;
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
    const part = await services.jobs.log(asker, id, { start, end: Math.min(end, start + linesAtOnce) });
    const until = Math.min(end, part.count);
    if (part.count === 0) throw notFound("ERR_NO_LOG", `job ${params.id} has no log yet`);
    const rest = (): Readable => Readable.from(logParts({ services, asker }, { id, first: part.text, start, until }));
    return text(until <= start + linesAtOnce ? part.text : rest(), "application/yaml", {
      ...attachment(`job_${params.id}.yaml`),
      "X-Log-Lines": String(part.count),
      "X-Is-Finished": part.finished ? "1" : "0",
    });
  },
});
