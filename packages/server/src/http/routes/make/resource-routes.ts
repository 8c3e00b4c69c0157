import {
  answers,
  gives,
  givesPage,
  json,
  nothing,
  orderedQuery,
  pageQuery,
  type RefusedStatus,
} from "../../answers.js";
import { type Answer, type ApiRequest, defineRoute, type Route, type Schema } from "../../route.js";

/** A kind of thing that REST lists, and what its routes have in common. */
export interface Resource {
  readonly tag: string;
  /** Of the list, with the slash at its end. */
  readonly root: string;
  /** The parameter of paths that names one of them. */
  readonly key: string;
  /** Of its schema, and in ids of routes: `getDevice`. */
  readonly name: string;
  /** In the id of its list; its name and an s if absent. */
  readonly many?: string;
}

/** The path of one of them. */
export const pathOf = ({ root, key }: Pick<Resource, "root" | "key">): string => `${root}{${key}}/`;

interface Told {
  readonly summary: string;
  /** What the answer is, for the document. */
  readonly said?: string;
  /** Besides 400 and 401. */
  readonly refuses?: readonly RefusedStatus[];
}

interface Listed extends Told {
  /** Fields that it can be filtered by; such a list can be ordered, too. */
  readonly filters?: readonly string[];
  /** Besides those of pages. */
  readonly query?: Readonly<Record<string, Schema>>;
  handle(request: ApiRequest): Promise<Answer>;
}

/** `key` is what the path names. */
interface Shown extends Told {
  handle(request: ApiRequest, key: string): Promise<unknown>;
}

interface Changed extends Shown {
  readonly body: Schema;
}

interface Added extends Told {
  readonly body: Schema;
  handle(request: ApiRequest): Promise<unknown>;
}

const keyOf = ({ key }: Resource, { params }: ApiRequest): string => params[key] ?? "";

/** GET of the list. */
export const listRoute = (of: Resource, { summary, filters, query, refuses = [], handle }: Listed): Route =>
  defineRoute({
    method: "get",
    path: of.root,
    id: `list${of.many ?? `${of.name}s`}`,
    tag: of.tag,
    summary,
    query: { ...(filters ? orderedQuery : pageQuery), ...query },
    ...(filters ? { filters } : {}),
    answers: answers({ 200: givesPage(of.name) }, ...refuses),
    handle,
  });

/** POST to the list; `handle` gives what was added. */
export const addRoute = (
  of: Resource,
  { summary, said = "It was added.", refuses = [403, 409], body, handle }: Added,
): Route =>
  defineRoute({
    method: "post",
    path: of.root,
    id: `add${of.name}`,
    tag: of.tag,
    summary,
    body,
    answers: answers({ 201: gives(of.name, said) }, ...refuses),
    handle: async (request) => json(await handle(request), 201),
  });

/** GET of one. */
export const getRoute = (of: Resource, { summary, said = "It.", refuses = [404], handle }: Shown): Route =>
  defineRoute({
    method: "get",
    path: pathOf(of),
    id: `get${of.name}`,
    tag: of.tag,
    summary,
    answers: answers({ 200: gives(of.name, said) }, ...refuses),
    handle: async (request) => json(await handle(request, keyOf(of, request))),
  });

/** PUT and PATCH of one, which do the same: what is not given stays. `handle` gives it as it is then. */
export const changeRoutes = (
  of: Resource,
  { summary, said = "As it is now.", refuses = [403, 404], body, handle }: Changed,
): readonly Route[] =>
  (["put", "patch"] as const).map((method) =>
    defineRoute({
      method,
      path: pathOf(of),
      id: `${method === "put" ? "replace" : "change"}${of.name}`,
      tag: of.tag,
      summary,
      body,
      answers: answers({ 200: gives(of.name, said) }, ...refuses),
      handle: async (request) => json(await handle(request, keyOf(of, request))),
    }),
  );

/** DELETE of one. */
export const removeRoute = (
  of: Resource,
  { summary, said = "It is gone.", refuses = [403, 404], handle }: Shown,
): Route =>
  defineRoute({
    method: "delete",
    path: pathOf(of),
    id: `remove${of.name}`,
    tag: of.tag,
    summary,
    answers: answers({ 204: { description: said } }, ...refuses),
    async handle(request) {
      await handle(request, keyOf(of, request));
      return nothing;
    },
  });
