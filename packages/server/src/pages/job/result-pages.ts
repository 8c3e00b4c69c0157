import { resultsPage } from "@basalt/web";
import { filter, pagedHref } from "../list-query.js";
import { get, numberIn, type PageRequest, type PageRoute } from "../page-request.js";
import { caseRow, suiteSummary } from "./views.js";

const perPage = 200;

async function showResults({ services, asker, frame, params: { id = "" }, query }: PageRequest) {
  const job = await services.jobs.get(asker, id);
  const suite = query.get("suite") || undefined;
  const result = query.get("result") || undefined;
  const offset = numberIn(query, "offset", { otherwise: 0 });
  const filters = filter("result", "exact", result ?? "");
  const [suites, cases] = await Promise.all([
    services.results.suites(asker, job.id),
    services.results.cases(asker, job.id, {
      filters,
      limit: perPage,
      offset,
      ...(suite === undefined ? {} : { suite }),
    }),
  ]);
  const href = pagedHref(`/jobs/${encodeURIComponent(id)}/results`, query);
  const pager = { count: cases.count, offset, limit: perPage, href };
  const summaries = suites.map((row) => suiteSummary(row, []));
  return {
    html: resultsPage(frame, {
      job: job.public_id,
      suites: summaries,
      suite,
      result,
      cases: cases.items.map(caseRow),
      pager,
    }),
  };
}

const types = { csv: "text/csv", yaml: "application/yaml", junit: "application/xml", tap13: "text/plain" } as const;
const endings = { csv: "csv", yaml: "yaml", junit: "xml", tap13: "tap" } as const;

const download =
  (as: keyof typeof types) =>
  async ({ services, asker, params: { id = "" } }: PageRequest) => ({
    body: await services.results.export(asker, id, as),
    type: types[as],
    fileName: `job-${id}-results.${endings[as]}`,
  });

/** A job's results, to look at and to take away. */
export const resultRoutes: readonly PageRoute[] = [
  get("/jobs/:id/results", showResults),
  ...(Object.keys(types) as (keyof typeof types)[]).map((as) => get(`/jobs/:id/results.${as}`, download(as))),
];
