import { Readable } from "node:stream";
import { isBasaltError, type JsonObject, readYaml } from "@basalt/core";
import { jobFields } from "../../services/jobs/job-fields.js";
import type { JobView } from "../../services/types.js";
import { notFound, statusOf } from "../../submit/refusals.js";
import {
  answers,
  attachment,
  gives,
  givesPage,
  givesText,
  json,
  listQuery,
  numberOf,
  orderedQuery,
  pageAnswer,
  text,
} from "../answers.js";
import { type Answer, type ApiRequest, defineRoute, type Route } from "../route.js";
import { tagIds } from "../tag-ids.js";
import { testDefinitionProblem } from "../test-definition.js";

const tag = "jobs";
const root = "/api/v0.2/jobs/";
const one = `${root}{id}/`;

const view =
  (ids: ReadonlyMap<string, number>) =>
  ({ viewing_groups, tags, ...job }: JobView): object => ({
    ...job,
    viewing_groups: viewing_groups.map(({ id }) => id),
    tags: tags.flatMap((name) => ids.get(name) ?? []),
    tag_names: tags,
  });

const definition = (body: JsonObject): string => String(body.definition);
const definitionBody = {
  type: "object",
  required: ["definition"],
  properties: { definition: { type: "string", description: "YAML" } },
};

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

/** What LAVA's clients look for in a refused submission is `message` (spec 4). */
async function submission(submit: () => Promise<{ readonly ids: readonly string[] }>): Promise<Answer> {
  try {
    const { ids } = await submit();
    const job_ids = ids.map((id) => (id.includes(".") ? id : Number(id)));
    return json({ message: "job(s) successfully submitted", job_ids }, 201);
  } catch (error) {
    if (!isBasaltError(error) || statusOf(error) === undefined || statusOf(error) === 401) throw error;
    return json({ message: error.message, detail: error.message, code: error.code }, statusOf(error));
  }
}

async function cancel({ services, asker, params }: ApiRequest): Promise<Answer> {
  const ended = await services.jobs.cancel(asker, params.id ?? "");
  return json({ message: ended ? "Job cancel signal sent." : "Job had ended already." });
}

async function batchCancel({ services, asker, body }: ApiRequest): Promise<Answer> {
  const asked = body.job_ids as readonly (number | string)[];
  const canceled: (number | string)[] = [];
  const invalid: (number | string)[] = [];
  for (const id of asked) {
    try {
      await services.jobs.cancel(asker, id);
      canceled.push(id);
    } catch (error) {
      if (!isBasaltError(error) || ![403, 404].includes(statusOf(error) ?? 0)) throw error;
      invalid.push(id);
    }
  }
  return json({
    message: `Cancel requested for ${canceled.length} job(s).`,
    job_ids: canceled,
    invalid_job_ids: invalid,
  });
}

const submitted = { 201: gives("Submitted", "It is queued; ids of a MultiNode group are texts such as `12.0`.") };
const canceled = answers({ 200: gives("Message", "It will end, or had ended already.") }, 403, 404);
const batch = (path: string, id: string): Route =>
  defineRoute({
    method: "post",
    path: `${root}${path}/`,
    id,
    tag,
    summary: "Cancel several jobs; those that the asker may not cancel are named.",
    body: {
      type: "object",
      required: ["job_ids"],
      properties: { job_ids: { type: "array", maxItems: 1000, items: { type: ["integer", "string"] } } },
    },
    answers: answers({ 200: gives("Message", "With `job_ids` and `invalid_job_ids`.") }),
    handle: batchCancel,
  });

export const jobRoutes: readonly Route[] = [
  defineRoute({
    method: "get",
    path: root,
    id: "listJobs",
    tag,
    summary: "Jobs that the asker may see, newest first.",
    query: orderedQuery,
    filters: Object.keys(jobFields),
    answers: answers({ 200: givesPage("Job") }),
    async handle(request) {
      const page = await request.services.jobs.list(request.asker, listQuery(request));
      return pageAnswer(request, page, view(await tagIds(request, page.items)));
    },
  }),
  defineRoute({
    method: "post",
    path: root,
    id: "submitJob",
    tag,
    summary: "Submit a job, or a MultiNode group.",
    body: definitionBody,
    answers: answers(submitted, 403, 404),
    handle: ({ services, asker, body }) => submission(() => services.jobs.submit(asker, definition(body))),
  }),
  batch("batch-cancel", "batchCancel"),
  batch("batch_cancel", "batchCancelOldName"),
  defineRoute({
    method: "post",
    path: `${root}validate/`,
    id: "validateJob",
    tag,
    summary: "Check a definition without submitting it. Anybody may ask.",
    body: {
      ...definitionBody,
      properties: { ...definitionBody.properties, strict: { type: "boolean", default: false } },
    },
    answers: answers({
      200: gives("Message", "`Job valid.`, or `Job invalid: ` and what is wrong; `warnings` beside it."),
    }),
    async handle({ services, asker, body }) {
      const verdict = await services.jobs.validate(asker, definition(body), { strict: body.strict === true });
      if (verdict.ok) return json({ message: "Job valid.", warnings: verdict.warnings });
      const { message, code } = verdict.error;
      return json({ message: `Job invalid: ${message}`, code });
    },
  }),
  defineRoute({
    method: "post",
    path: `${root}validate_testdef/`,
    id: "validateTestDefinition",
    tag,
    summary: "Check a Lava-Test test definition. Anybody may ask.",
    body: definitionBody,
    answers: answers({ 200: gives("Message", "`Test definition valid.`, or what is wrong.") }),
    async handle({ body }) {
      const problem = await testDefinitionProblem(() =>
        readYaml(definition(body), { file: "test definition", kind: "job" }).then(({ value }) => value),
      );
      return json({
        message: problem === undefined ? "Test definition valid." : `Test definition invalid: ${problem}`,
      });
    },
  }),
  defineRoute({
    method: "get",
    path: one,
    id: "getJob",
    tag,
    summary: "One job. Values of its `secrets` are shown to those who may change it.",
    answers: answers({ 200: gives("Job", "The job.") }, 404),
    async handle(request) {
      const job = await request.services.jobs.get(request.asker, request.params.id ?? "");
      return json(view(await tagIds(request, [job]))(job));
    },
  }),
  defineRoute({
    method: "patch",
    path: one,
    id: "changeJob",
    tag,
    summary: "Change its priority; annotate it when it has finished.",
    body: {
      type: "object",
      additionalProperties: false,
      properties: {
        priority: { type: "integer", minimum: 0, maximum: 100 },
        failure_comment: { type: "string", maxLength: 20000 },
        failure_tags: { type: "array", items: { type: "string" } },
      },
    },
    answers: answers({ 200: gives("Job", "As it is now.") }, 403, 404, 409),
    async handle(request) {
      const { services, asker, body, params } = request;
      const id = params.id ?? "";
      if (body.priority !== undefined) await services.jobs.setPriority(asker, id, body.priority as number);
      if (body.failure_comment !== undefined || body.failure_tags !== undefined)
        await services.jobs.annotate(asker, id, {
          ...(body.failure_comment === undefined ? {} : { comment: body.failure_comment as string }),
          ...(body.failure_tags === undefined ? {} : { tags: body.failure_tags as readonly string[] }),
        });
      const job = await services.jobs.get(asker, id);
      return json(view(await tagIds(request, [job]))(job));
    },
  }),
  defineRoute({
    method: "get",
    path: `${one}logs/`,
    id: "getJobLog",
    tag,
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
  }),
  defineRoute({
    method: "get",
    path: `${one}metadata/`,
    id: "getJobMetadata",
    tag,
    summary: "Its metadata, as LAVA lists them.",
    answers: answers(
      {
        200: {
          description: "One mapping of one key for each.",
          schema: {
            type: "object",
            required: ["metadata"],
            properties: { metadata: { type: "array", items: { type: "object" } } },
          },
        },
      },
      404,
    ),
    async handle({ services, asker, params }) {
      const { metadata } = await services.jobs.get(asker, params.id ?? "");
      return json({ metadata: Object.entries(metadata).map(([key, value]) => ({ [key]: value })) });
    },
  }),
  defineRoute({
    method: "post",
    path: `${one}resubmit/`,
    id: "resubmitJob",
    tag,
    summary: "Submit the same definition again.",
    answers: answers(submitted, 403, 404),
    handle: ({ services, asker, params }) => submission(() => services.jobs.resubmit(asker, params.id ?? "")),
  }),
  defineRoute({
    method: "post",
    path: `${one}cancel/`,
    id: "cancelJob",
    tag,
    summary: "End it.",
    answers: canceled,
    handle: cancel,
  }),
  defineRoute({
    method: "get",
    path: `${one}cancel/`,
    id: "cancelJobByGet",
    tag,
    summary: "End it: LAVA's way. Use POST.",
    answers: canceled,
    changes: true,
    handle: cancel,
  }),
];
