import { isBasaltError } from "@basalt/core";
import { statusOf } from "../../../submit/refusals.js";
import { answers, gives, json } from "../../answers.js";
import { type Answer, type ApiRequest, defineRoute, type Route } from "../../route.js";
import { pathOf } from "../make/resource-routes.js";
import { jobs } from "./jobs-resource.js";

const { tag, root } = jobs;

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

export const batchCancelRoutes: readonly Route[] = [
  batch("batch-cancel", "batchCancel"),
  batch("batch_cancel", "batchCancelOldName"),
];

const one = {
  path: `${pathOf(jobs)}cancel/`,
  tag,
  answers: answers({ 200: gives("Message", "It will end, or had ended already.") }, 403, 404),
  handle: cancel,
};

export const cancelRoutes: readonly Route[] = [
  defineRoute({ ...one, method: "post", id: "cancelJob", summary: "End it." }),
  defineRoute({
    ...one,
    method: "get",
    id: "cancelJobByGet",
    summary: "End it: LAVA's way. Use POST.",
    changes: true,
  }),
];
