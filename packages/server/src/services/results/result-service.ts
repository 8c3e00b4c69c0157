import { stringify } from "yaml";
import { badRequest } from "../../submit/refusals.js";
import { missing } from "../access.js";
import type { Context } from "../context.js";
import { findJob } from "../jobs/find-job.js";
import { readPage } from "../page.js";
import { allOf, sql, values } from "../sql.js";
import type { CaseView, ResultService, SuiteView } from "../types.js";
import { type CaseOfJob, caseListing } from "./case-listing.js";
import { toCsv } from "./csv.js";
import { exportDict } from "./export-dict.js";
import { toJunit } from "./junit.js";
import { logExcerpts } from "./log-excerpt.js";
import { toTap13 } from "./tap13.js";

/** Cases of one export: it is made in memory. */
const mostExported = 200_000;

export function makeResultService(context: Context): ResultService {
  const { store, logs } = context;

  async function all(job: number, { suite, limit, offset }: { suite?: string; limit?: number; offset?: number }) {
    const where = allOf([sql("s.job_id = ?", job), ...(suite === undefined ? [] : [sql("s.name = ?", suite)])]);
    const { rows } = (await store.knex.raw(
      `select ${caseListing.select} from ${caseListing.from} where ${where.text}
       order by s.id, test_cases.id limit ? offset ?`,
      [...values(where), Math.min(limit ?? mostExported, mostExported), offset ?? 0] as never[],
    )) as { rows: CaseView[] };
    return rows;
  }

  return {
    async suites(asker, id) {
      const { job } = await findJob(context, asker, id);
      const { rows } = await store.knex.raw(
        `select s.id, s.name, s.job_id as job, json_build_object(
           'pass', count(c.id) filter (where c.result = 'pass'), 'fail', count(c.id) filter (where c.result = 'fail'),
           'skip', count(c.id) filter (where c.result = 'skip'), 'unknown', count(c.id) filter (where c.result = 'unknown')) as counts
         from test_suites s left join test_cases c on c.suite_id = s.id where s.job_id = ? group by s.id order by s.id`,
        [job.id],
      );
      return rows as readonly SuiteView[];
    },
    async cases(asker, id, { suite, ...query }) {
      const { job } = await findJob(context, asker, id);
      const where = allOf([sql("s.job_id = ?", job.id), ...(suite === undefined ? [] : [sql("s.name = ?", suite)])]);
      return readPage<CaseOfJob>(store.knex, caseListing, { query, where });
    },
    async export(asker, id, as, { classnamePrefix = "", ...part } = {}) {
      for (const [field, value] of Object.entries({ limit: part.limit, offset: part.offset }))
        if (value !== undefined && (!Number.isInteger(value) || value < 0))
          throw badRequest("ERR_PAGE", `${field}: ${value} is none: expected a whole number from 0`, {
            details: { field },
          });
      const { job } = await findJob(context, asker, id);
      const cases = await all(job.id, part);
      if (part.suite !== undefined && cases.length === 0) {
        const known = await store.knex("test_suites").where({ job_id: job.id, name: part.suite }).first("id");
        if (!known) throw missing("suite", part.suite);
      }
      const dicts = () => cases.map((item) => exportDict(job.id, item));
      switch (as) {
        case "csv":
          return toCsv(dicts());
        case "yaml":
          return stringify(dicts(), { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 });
        case "tap13":
          return toTap13(job.id, cases);
        case "junit":
          return toJunit(cases, { classnamePrefix, excerpt: logExcerpts(logs, job.id) });
      }
    },
  };
}
