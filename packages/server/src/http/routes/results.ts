import { caseListing } from "../../services/results/case-listing.js";
import type { CaseView, SuiteView } from "../../services/types.js";
import { notFound } from "../../submit/refusals.js";
import {
  answers,
  attachment,
  givesText,
  listQuery,
  numberOf,
  pageAnswer,
  pageQuery,
  sliceAnswer,
  text,
} from "../answers.js";
import { type Answer, type ApiRequest, defineRoute, type Route } from "../route.js";
import { byIdOrName } from "./make/by-id-or-name.js";
import { getRoute, listRoute, pathOf, type Resource } from "./make/resource-routes.js";

const tag = "results";
const job = "/api/v0.2/jobs/{id}/";
const suites: Resource = { tag, root: `${job}suites/`, key: "suite", name: "Suite" };
const suite = pathOf(suites);
const tests: Resource = { tag, root: `${job}tests/`, key: "test", name: "Test" };
const suiteTests: Resource = { ...tests, root: `${suite}tests/`, many: "SuiteTests" };
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

async function findSuite({ services, asker, params }: ApiRequest): Promise<SuiteView> {
  const found = byIdOrName(await services.results.suites(asker, params.id ?? ""), params.suite ?? "");
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

async function testPage(request: ApiRequest, ofSuite?: string): Promise<Answer> {
  const page = await request.services.results.cases(request.asker, request.params.id ?? "", {
    ...listQuery(request),
    ...(ofSuite === undefined ? {} : { suite: ofSuite }),
  });
  return pageAnswer(request, page, (item) => testView(request, item));
}

async function findTest(request: ApiRequest, test: string): Promise<object> {
  const { services, asker, params } = request;
  const { name } = await findSuite(request);
  const unknown = notFound("ERR_NOT_FOUND", `suite ${name} of job ${params.id} has no test '${test}'`);
  if (!/^\d{1,15}$/.test(test)) throw unknown;
  const byId = [{ field: ["id"], lookup: "exact", value: test }];
  const { items } = await services.results.cases(asker, params.id ?? "", { suite: name, filters: byId, limit: 1 });
  if (!items[0]) throw unknown;
  return testView(request, items[0]);
}

const filters = Object.keys(caseListing.fields);

export const resultRoutes: readonly Route[] = [
  exportRoute("junit", { classname_prefix: { type: "string" } }),
  exportRoute("tap13", {}),
  exportRoute("csv", pageQuery),
  exportRoute("yaml", pageQuery),
  listRoute(suites, {
    summary: "Its suites, with how many cases ended how.",
    refuses: [404],
    handle: async (request) =>
      sliceAnswer(request, await request.services.results.suites(request.asker, request.params.id ?? ""), (item) =>
        suiteView(request, item),
      ),
  }),
  getRoute(suites, {
    summary: "One suite, by number or name.",
    said: "The suite.",
    handle: async (request) => suiteView(request, await findSuite(request)),
  }),
  suiteExportRoute("csv"),
  suiteExportRoute("yaml"),
  listRoute(tests, {
    summary: "Its test cases, of all suites.",
    filters,
    refuses: [404],
    handle: (request) => testPage(request),
  }),
  listRoute(suiteTests, {
    summary: "The test cases of one suite.",
    filters,
    refuses: [404],
    handle: async (request) => testPage(request, (await findSuite(request)).name),
  }),
  getRoute(suiteTests, { summary: "One test case.", said: "The case.", handle: findTest }),
];
