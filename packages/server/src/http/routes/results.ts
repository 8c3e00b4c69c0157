import { caseListing } from "../../services/results/case-listing.js";
import type { CaseView, SuiteView } from "../../services/types.js";
import { notFound } from "../../submit/refusals.js";
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
  pageQuery,
  sliceAnswer,
  text,
} from "../answers.js";
import { type Answer, type ApiRequest, defineRoute, type Route } from "../route.js";

const tag = "results";
const job = "/api/v0.2/jobs/{id}/";
const suites = `${job}suites/`;
const suite = `${suites}{suite}/`;
const types = { csv: "text/csv", yaml: "application/yaml", junit: "application/xml", tap13: "text/plain" } as const;

const suiteView = ({ origin }: ApiRequest, item: SuiteView): object => ({
  ...item,
  resource_uri: `${origin}/api/v0.2/jobs/${item.job}/suites/${item.id}/`,
});

const testView = (
  { origin, params }: ApiRequest,
  { units, suite: suite_name, set, suite_id, log_line: _line, ...item }: CaseView,
): object => ({
  ...item,
  unit: units,
  suite: suite_id,
  suite_name,
  test_set: set,
  resource_uri: `${origin}/api/v0.2/jobs/${params.id}/suites/${suite_id}/tests/${item.id}/`,
});

/** LAVA names suites by number; a name does as well. */
async function findSuite({ services, asker, params }: ApiRequest): Promise<SuiteView> {
  const list = await services.results.suites(asker, params.id ?? "");
  const found = list.find(({ id }) => String(id) === params.suite) ?? list.find(({ name }) => name === params.suite);
  if (!found) throw notFound("ERR_NOT_FOUND", `job ${params.id} has no suite '${params.suite}'`);
  return found;
}

async function exported(request: ApiRequest, as: keyof typeof types, ofSuite?: string): Promise<Answer> {
  const { services, asker, params, query } = request;
  const [limit, offset] = [numberOf(query, "limit"), numberOf(query, "offset")];
  const body = await services.results.export(asker, params.id ?? "", as, {
    ...(ofSuite === undefined ? {} : { suite: ofSuite }),
    ...(limit === undefined ? {} : { limit }),
    ...(offset === undefined ? {} : { offset }),
    classnamePrefix: query.get("classname_prefix") ?? "",
  });
  const ending = { csv: "csv", yaml: "yaml", junit: "xml", tap13: "tap" }[as];
  return text(body, types[as], as === "tap13" ? {} : attachment(`job_${params.id}.${ending}`));
}

const exportRoute = (as: keyof typeof types, query: NonNullable<Route["query"]>): Route =>
  defineRoute({
    method: "get",
    path: `${job}${as}/`,
    id: `exportJob${as[0]?.toUpperCase()}${as.slice(1)}`,
    tag,
    summary: `All its results as ${as}.`,
    query,
    answers: answers({ 200: givesText(types[as], "Made of all suites.") }, 404),
    handle: (request) => exported(request, as),
  });

const suiteExportRoute = (as: "csv" | "yaml"): Route =>
  defineRoute({
    method: "get",
    path: `${suite}${as}/`,
    id: `exportSuite${as[0]?.toUpperCase()}${as.slice(1)}`,
    tag,
    summary: `Results of one suite as ${as}.`,
    query: pageQuery,
    answers: answers({ 200: givesText(types[as], "Made of one suite.") }, 404),
    handle: async (request) => exported(request, as, (await findSuite(request)).name),
  });

async function tests(request: ApiRequest, ofSuite?: string): Promise<Answer> {
  const page = await request.services.results.cases(request.asker, request.params.id ?? "", {
    ...listQuery(request),
    ...(ofSuite === undefined ? {} : { suite: ofSuite }),
  });
  return pageAnswer(request, page, (item) => testView(request, item));
}

const filters = Object.keys(caseListing.fields);

export const resultRoutes: readonly Route[] = [
  exportRoute("junit", { classname_prefix: { type: "string" } }),
  exportRoute("tap13", {}),
  exportRoute("csv", pageQuery),
  exportRoute("yaml", pageQuery),
  defineRoute({
    method: "get",
    path: suites,
    id: "listSuites",
    tag,
    summary: "Its suites, with how many cases ended how.",
    query: pageQuery,
    answers: answers({ 200: givesPage("Suite") }, 404),
    handle: async (request) =>
      sliceAnswer(request, await request.services.results.suites(request.asker, request.params.id ?? ""), (item) =>
        suiteView(request, item),
      ),
  }),
  defineRoute({
    method: "get",
    path: suite,
    id: "getSuite",
    tag,
    summary: "One suite, by number or name.",
    answers: answers({ 200: gives("Suite", "The suite.") }, 404),
    handle: async (request) => json(suiteView(request, await findSuite(request))),
  }),
  suiteExportRoute("csv"),
  suiteExportRoute("yaml"),
  defineRoute({
    method: "get",
    path: `${job}tests/`,
    id: "listTests",
    tag,
    summary: "Its test cases, of all suites.",
    query: orderedQuery,
    filters,
    answers: answers({ 200: givesPage("Test") }, 404),
    handle: (request) => tests(request),
  }),
  defineRoute({
    method: "get",
    path: `${suite}tests/`,
    id: "listSuiteTests",
    tag,
    summary: "The test cases of one suite.",
    query: orderedQuery,
    filters,
    answers: answers({ 200: givesPage("Test") }, 404),
    handle: async (request) => tests(request, (await findSuite(request)).name),
  }),
  defineRoute({
    method: "get",
    path: `${suite}tests/{test}/`,
    id: "getTest",
    tag,
    summary: "One test case.",
    answers: answers({ 200: gives("Test", "The case.") }, 404),
    async handle(request) {
      const { services, asker, params } = request;
      const { name } = await findSuite(request);
      const unknown = notFound("ERR_NOT_FOUND", `suite ${name} of job ${params.id} has no test '${params.test}'`);
      if (!/^\d{1,15}$/.test(params.test ?? "")) throw unknown;
      const filters = [{ field: ["id"], lookup: "exact", value: params.test ?? "" }];
      const { items } = await services.results.cases(asker, params.id ?? "", { suite: name, filters, limit: 1 });
      if (!items[0]) throw unknown;
      return json(testView(request, items[0]));
    },
  }),
];
