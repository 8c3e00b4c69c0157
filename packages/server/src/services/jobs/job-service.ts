import { CheckedJobs, submitJob } from "../../submit/index.js";
import { badRequest, conflict } from "../../submit/refusals.js";
import { mustBe, mustBeKnown, mustBeSuperuser } from "../access.js";
import type { Context } from "../context.js";
import { readPage } from "../page.js";
import type { JobService, JobView } from "../types.js";
import { jobsVisible } from "../visible.js";
import { annotateJob } from "./annotate-job.js";
import { findJob } from "./find-job.js";
import { jobFields, jobOrderings } from "./job-fields.js";
import { configurationOf, planOf, validateJob } from "./job-texts.js";
import { type JobRecord, jobIdentity, jobSelect, jobView } from "./job-view.js";
import { maskedBefore, maskSecrets } from "./mask-secrets.js";
import { jobHistory, readLog } from "./read-log.js";

const listing = {
  from: "jobs",
  select: jobSelect,
  fields: jobFields,
  orderings: jobOrderings,
  ordering: "-id",
  tieBreak: "jobs.id desc",
};

export function makeJobService(context: Context): JobService {
  const { store, rights, life, logs } = context;

  const submitting = { ...context, rights: () => rights.now(), checked: new CheckedJobs() };

  async function view(job: JobRecord, open: boolean): Promise<JobView> {
    // packed: everything was looked through, and the table knows
    const logLines = job.log_sealed ? job.log_lines : await logs.count(job.id);
    return jobView(job, { open, logLines });
  }

  return {
    async submit(asker, text) {
      const person = mustBeKnown(asker, "submitting a job");
      return submitJob(submitting, { person, text });
    },
    async resubmit(asker, id) {
      const { job, rights: known } = await findJob(context, asker, id);
      const person = mustBe(asker, known.mayResubmitJob(asker, jobIdentity(job)), `resubmitting job ${id}`);
      if (job.definition.includes("secrets") && !known.mayChangeJob(asker, jobIdentity(job)))
        mustBe(asker, false, `resubmitting job ${id}, which has secrets`);
      const text = job.multinode_definition === "" ? job.original_definition : job.multinode_definition;
      return submitJob(submitting, { person, text, resubmitOf: job.id });
    },
    validate: (asker, text, { strict }) => validateJob(context, asker, { text, strict }),
    async list(asker, query) {
      const known = await rights.now();
      const where = jobsVisible(known, asker);
      const { count, items } = await readPage<JobRecord>(store.knex, listing, { query, where });
      // a page may have a thousand secrets to mask: others get their turn between two
      for (const { definition } of items)
        if (maskedBefore(definition) === undefined) {
          maskSecrets(definition);
          await new Promise((resolve) => setImmediate(resolve));
        }
      return {
        count,
        items: await Promise.all(items.map((job) => view(job, known.mayChangeJob(asker, jobIdentity(job))))),
      };
    },
    async get(asker, id) {
      const { job, rights: known } = await findJob(context, asker, id);
      return view(job, known.mayChangeJob(asker, jobIdentity(job)));
    },
    async cancel(asker, id, reason) {
      const { job, rights: known } = await findJob(context, asker, id);
      const person = mustBe(asker, known.mayCancelJob(asker, jobIdentity(job)), `canceling job ${id}`);
      return life.cancel(job.id, { author: person.username, ...(reason === undefined ? {} : { reason }) });
    },
    async fail(asker, id, reason) {
      const { job } = await findJob(context, asker, id);
      const person = mustBeSuperuser(asker, `failing job ${id}`);
      if (job.state !== "Canceling" && job.state !== "Finished")
        throw conflict(
          "ERR_JOB_NOT_CANCELING",
          `job ${id} is ${job.state}: cancel it first, and fail it if nobody ends it`,
        );
      return life.fail(job.id, { author: person.username, reason });
    },
    async setPriority(asker, id, priority) {
      const { job, rights: known } = await findJob(context, asker, id);
      const person = mustBe(asker, known.mayChangeJob(asker, jobIdentity(job)), `changing the priority of job ${id}`);
      if (!Number.isInteger(priority) || priority < 0 || priority > 100)
        throw badRequest("ERR_PRIORITY", `priority: ${priority} is none: expected a whole number from 0 to 100`, {
          details: { field: "priority" },
        });
      await annotateJob(context, job, { author: person.username, priority });
    },
    async annotate(asker, id, note) {
      const { job, rights: known } = await findJob(context, asker, id);
      const person = mustBe(asker, known.mayChangeJob(asker, jobIdentity(job)), `annotating job ${id}`);
      if (job.state !== "Finished")
        throw conflict("ERR_JOB_NOT_FINISHED", `job ${id} is ${job.state}: it can be annotated when it has finished`);
      await annotateJob(context, job, { author: person.username, ...note });
    },
    async log(asker, id, range) {
      const { job } = await findJob(context, asker, id);
      return readLog(context, job, range);
    },
    async plan(asker, id) {
      return planOf(context, asker, await findJob(context, asker, id));
    },
    async configuration(asker, id) {
      const found = await findJob(context, asker, id);
      return configurationOf(context, found, { open: found.rights.mayChangeJob(asker, jobIdentity(found.job)) });
    },
    async history(asker, id) {
      const { job } = await findJob(context, asker, id);
      return jobHistory(context, job.id);
    },
  };
}
