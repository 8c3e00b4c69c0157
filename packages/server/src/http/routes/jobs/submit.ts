import { isBasaltError } from "@basalt/core";
import { statusOf } from "../../../submit/refusals.js";
import type { Submitted } from "../../../submit/submit-job.js";
import { answers, gives, json } from "../../answers.js";
import { type Answer, defineRoute } from "../../route.js";
import { pathOf } from "../make/resource-routes.js";
import { definitionBody, jobs } from "./jobs-resource.js";

/** What LAVA's clients look for in a refused submission is `message` (spec 4). */
async function submission(submit: () => Promise<Submitted>): Promise<Answer> {
  try {
    const { ids, warnings } = await submit();
    const job_ids = ids.map((id) => (id.includes(".") ? id : Number(id)));
    return json({ message: "job(s) successfully submitted", job_ids, warnings }, 201);
  } catch (error) {
    if (!isBasaltError(error) || statusOf(error) === undefined || statusOf(error) === 401) throw error;
    return json({ message: error.message, detail: error.message, code: error.code }, statusOf(error));
  }
}

const submitted = { 201: gives("Submitted", "It is queued; ids of a MultiNode group are texts such as `12.0`.") };

export const submitRoute = defineRoute({
  method: "post",
  path: jobs.root,
  id: "submitJob",
  tag: jobs.tag,
  summary: "Submit a job, or a MultiNode group.",
  body: definitionBody,
  answers: answers(submitted, 403),
  handle: ({ services, asker, body }) => submission(() => services.jobs.submit(asker, String(body.definition))),
});

export const resubmitRoute = defineRoute({
  method: "post",
  path: `${pathOf(jobs)}resubmit/`,
  id: "resubmitJob",
  tag: jobs.tag,
  summary: "Submit the same definition again.",
  answers: answers(submitted, 403, 404),
  handle: ({ services, asker, params }) => submission(() => services.jobs.resubmit(asker, params.id ?? "")),
});
