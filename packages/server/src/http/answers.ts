import type { Readable } from "node:stream";
import { splitFilter } from "../services/filters.js";
import type { ListQuery, Page } from "../services/types.js";
import { badRequest } from "../submit/refusals.js";
import type { Answer, ApiRequest, DescribedAnswer, Schema } from "./route.js";
import { pageOf, ref } from "./schemas.js";

const usual = 50;
const most = 1_000;

export const json = (body: unknown, status = 200): Answer => ({ status, body });
export const text = (
  body: string | Buffer | Readable,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status: 200,
  body,
  type,
  headers,
});
export const nothing: Answer = { status: 204 };
export const attachment = (name: string): Readonly<Record<string, string>> => ({
  "Content-Disposition": `attachment; filename="${name}"`,
});

/** A number in the query; undefined where there is none. @throws ERR_QUERY (400) */
export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw badRequest("ERR_QUERY", `${name}: '${value}' is none: expected a whole number from 0`, {
    details: { field: name },
  });
}

/** Names in a query that are no filters: those of lists, and DRF's for its own ends. */
const notFilters = new Set(["limit", "offset", "ordering", "search", "format"]);

/** The query of a list; `own` are names that the route itself reads. @throws ERR_QUERY (400) */
export function listQuery({ query }: Pick<ApiRequest, "query">, own: readonly string[] = []): ListQuery {
  const limit = numberOf(query, "limit");
  const offset = numberOf(query, "offset");
  const ordering = query.get("ordering");
  return {
    filters: [...query]
      .filter(([key]) => !notFilters.has(key) && !own.includes(key))
      .map(([key, value]) => splitFilter(key, value)),
    // none and 0 are the same to Django REST framework
    limit: Math.min(limit || usual, most),
    offset: offset ?? 0,
    ...(ordering === null || ordering === "" ? {} : { ordering }),
  };
}

/** A page in Django REST framework's envelope, with links to those before and after it. */
export function pageAnswer<T>(request: ApiRequest, page: Page<T>, view: (item: T) => unknown): Answer {
  const { limit = usual, offset = 0 } = listQuery({ query: request.query });
  const at = (start: number): string => {
    const query = new URLSearchParams(request.query);
    query.set("limit", String(limit));
    query.set("offset", String(start));
    return `${request.origin}${request.path}?${query}`;
  };
  return json({
    count: page.count,
    next: offset + limit < page.count ? at(offset + limit) : null,
    previous: offset > 0 ? at(Math.max(0, offset - limit)) : null,
    results: page.items.map(view),
  });
}

/** A list that is whole in memory, paged. */
export const sliceAnswer = <T>(request: ApiRequest, items: readonly T[], view: (item: T) => unknown): Answer => {
  const { limit = usual, offset = 0 } = listQuery({ query: request.query });
  return pageAnswer(request, { count: items.length, items: items.slice(offset, offset + limit) }, view);
};

export const pageQuery: Readonly<Record<string, Schema>> = {
  limit: { type: "integer", minimum: 0, maximum: most, default: usual, description: "0: the default." },
  offset: { type: "integer", minimum: 0, default: 0 },
};
export const orderedQuery: Readonly<Record<string, Schema>> = {
  ...pageQuery,
  ordering: { type: "string", description: "A field, `-` before it for descending; several with commas." },
};

/** The parameter of lists that leave something out unless asked for all. */
export const allQuery: Readonly<Record<string, Schema>> = { all: { type: "boolean", default: false } };

/** The query of such a list. */
export const listAllQuery = (request: Pick<ApiRequest, "query">): ListQuery & { readonly all: boolean } => ({
  ...listQuery(request, ["all"]),
  all: ["true", "1"].includes(request.query.get("all") ?? ""),
});

const refusals = {
  400: "A value is wrong.",
  401: "Nobody is logged in, or the token is unknown.",
  403: "The person may not do that.",
  404: "There is no such thing, or it may not be seen.",
  409: "Not in its present state.",
  429: "Too many attempts; `Retry-After` says when to try again.",
} as const;

/** A status that a request can be refused with. */
export type RefusedStatus = keyof typeof refusals;

/** Answers of a route: what it gives, and what it may refuse with. */
export const answers = (
  ok: Readonly<Record<number, DescribedAnswer>>,
  ...statuses: readonly RefusedStatus[]
): Readonly<Record<number, DescribedAnswer>> => ({
  ...ok,
  ...Object.fromEntries(
    [...new Set([400 as const, 401 as const, ...statuses])].map((status) => [
      status,
      { description: refusals[status], schema: ref("Error") },
    ]),
  ),
});

export const gives = (name: string, description: string): DescribedAnswer => ({ description, schema: ref(name) });
export const givesPage = (name: string): DescribedAnswer => ({
  description: "One page of them.",
  schema: pageOf(name),
});
export const givesText = (type: string | readonly string[], description: string): DescribedAnswer => ({
  description,
  type,
});
