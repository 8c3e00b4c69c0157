import type { TextName } from "../../../services/types.js";
import { notFound } from "../../../submit/refusals.js";
import {
  answers,
  gives,
  givesPage,
  givesText,
  json,
  nothing,
  numberOf,
  pageQuery,
  sliceAnswer,
  text,
} from "../../answers.js";
import { type ApiRequest, defineRoute, type Route, type Schema } from "../../route.js";
import { pathOf, type Resource } from "./resource-routes.js";

/** What a text is kept as. */
type Kind = TextName["kind"];

interface WrittenText {
  /** The last part of its path. */
  readonly path: string;
  /** In ids: `setTemplate`. */
  readonly name: string;
  /** Of the body that has the text. */
  readonly field: string;
  /** In words: `the template`. */
  readonly what: string;
  /** Answered with 204 instead of `OK`. */
  readonly quiet?: true;
  write(request: ApiRequest, key: string, given: { readonly text: string; readonly reason?: string }): Promise<void>;
}

interface ReadText extends Pick<WrittenText, "path" | "name" | "what"> {
  readonly kind: Kind;
  readonly type: string;
  /** What the answer is, for the document. */
  readonly said: string;
  /** Undefined where there is none. */
  read(request: ApiRequest, key: string): Promise<string | undefined>;
  /** Who has none, in words. */
  missing(key: string): string;
}

/** POST of a text that belongs to something and is kept in revisions. */
export const writeTextRoute = (of: Resource, { path, name, field, what, quiet, write }: WrittenText): Route =>
  defineRoute({
    method: "post",
    path: `${pathOf(of)}${path}/`,
    id: `set${name}`,
    tag: of.tag,
    summary: `Write ${what}: a new revision. An empty text removes it.`,
    body: {
      type: "object",
      required: [field],
      properties: { [field]: { type: "string" }, reason: { type: "string" } },
    },
    answers: answers(
      quiet ? { 204: { description: "It is written." } } : { 200: gives("Message", "It is written.") },
      403,
      404,
    ),
    async handle(request) {
      const { body, params } = request;
      const { reason } = body;
      const given = { text: String(body[field]), ...(typeof reason === "string" ? { reason } : {}) };
      await write(request, params[of.key] ?? "", given);
      return quiet ? nothing : json({ message: "OK" });
    },
  });

/** The parameter of texts that asks for an older one. */
export const revisionQuery: Readonly<Record<string, Schema>> = {
  revision: { type: "integer", minimum: 1, description: "As it was in this revision." },
};

/** The text of the revision that is asked for; undefined where none is. @throws ERR_QUERY (400), ERR_NOT_FOUND (404) */
export async function askedRevision(request: ApiRequest, named: TextName): Promise<string | undefined> {
  const revision = numberOf(request.query, "revision");
  return revision === undefined ? undefined : request.services.texts.revision(request.asker, named, revision);
}

/** GET of the list of a text's revisions. */
export const revisionsRoute = (
  of: Resource,
  { path, name, what, kind }: Pick<ReadText, "path" | "name" | "what" | "kind">,
): Route =>
  defineRoute({
    method: "get",
    path: `${pathOf(of)}${path}/revisions/`,
    id: `list${name}Revisions`,
    tag: of.tag,
    summary: `Who wrote ${what}, when and why, newest first; GET of the text with \`revision\` has what it was.`,
    query: pageQuery,
    answers: answers({ 200: givesPage("Revision") }, 404),
    async handle(request) {
      const named = { kind, name: request.params[of.key] ?? "" };
      return sliceAnswer(request, await request.services.texts.revisions(request.asker, named), (item) => item);
    },
  });

/** GET and POST of such a text, and GET of its revisions. */
export const textRoutes = (of: Resource, options: ReadText & WrittenText): readonly Route[] => {
  const { path, name, what, type, said, kind, read, missing } = options;
  return [
    defineRoute({
      method: "get",
      path: `${pathOf(of)}${path}/`,
      id: `get${name}`,
      tag: of.tag,
      summary: `${what[0]?.toUpperCase()}${what.slice(1)}.`,
      query: revisionQuery,
      answers: answers({ 200: givesText(type, said) }, 404),
      async handle(request) {
        const key = request.params[of.key] ?? "";
        const found = (await askedRevision(request, { kind, name: key })) ?? (await read(request, key));
        if (found === undefined) throw notFound("ERR_NOT_FOUND", missing(key));
        return text(found, type);
      },
    }),
    writeTextRoute(of, options),
    revisionsRoute(of, options),
  ];
};
