import { jobFields } from "../../services/jobs/job-fields.js";
import type { JobView } from "../../services/types.js";
import { answers, gives, json, listQuery, pageAnswer } from "../answers.js";
import { type ApiRequest, defineRoute, type Route } from "../route.js";
import { tagIds } from "../tag-ids.js";
import { batchCancelRoutes, cancelRoutes } from "./jobs/cancel.js";
import { jobs } from "./jobs/jobs-resource.js";
import { jobLogRoute } from "./jobs/log.js";
import { resubmitRoute, submitRoute } from "./jobs/submit.js";
import { validateRoutes } from "./jobs/validate.js";
import { getRoute, listRoute, pathOf } from "./make/resource-routes.js";

const view =
  (ids: ReadonlyMap<string, number>) =>
  ({ viewing_groups, tags, ...job }: JobView): object => ({
    ...job,
    viewing_groups: viewing_groups.map(({ id }) => id),
    tags: tags.flatMap((name) => ids.get(name) ?? []),
    tag_names: tags,
  });

async function read(request: ApiRequest, id: string): Promise<object> {
  const job = await request.services.jobs.get(request.asker, id);
  return view(await tagIds(request, [job]))(job);
}

const changeRoute = defineRoute({
  method: "patch",
  path: pathOf(jobs),
  id: "changeJob",
  tag: jobs.tag,
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
    // first what may be refused: nothing is half done then
    if (body.failure_comment !== undefined || body.failure_tags !== undefined)
      await services.jobs.annotate(asker, id, {
        ...(body.failure_comment === undefined ? {} : { comment: body.failure_comment as string }),
        ...(body.failure_tags === undefined ? {} : { tags: body.failure_tags as readonly string[] }),
      });
    if (body.priority !== undefined) await services.jobs.setPriority(asker, id, body.priority as number);
    return json(await read(request, id));
  },
});

const metadataRoute = defineRoute({
  method: "get",
  path: `${pathOf(jobs)}metadata/`,
  id: "getJobMetadata",
  tag: jobs.tag,
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
});

export const jobRoutes: readonly Route[] = [
  listRoute(jobs, {
    summary: "Jobs that the asker may see, newest first.",
    filters: Object.keys(jobFields),
    async handle(request) {
      const page = await request.services.jobs.list(request.asker, listQuery(request));
      return pageAnswer(request, page, view(await tagIds(request, page.items)));
    },
  }),
  submitRoute,
  ...batchCancelRoutes,
  ...validateRoutes,
  getRoute(jobs, {
    summary: "One job. Values of its `secrets` are shown to those who may change it.",
    said: "The job.",
    handle: read,
  }),
  changeRoute,
  jobLogRoute,
  metadataRoute,
  resubmitRoute,
  ...cancelRoutes,
];
