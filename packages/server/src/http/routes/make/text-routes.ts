import { notFound } from "../../../submit/refusals.js";
import { answers, gives, givesText, json, nothing, text } from "../../answers.js";
import { type ApiRequest, defineRoute, type Route } from "../../route.js";
import { pathOf, type Resource } from "./resource-routes.js";

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

/** GET and POST of such a text. */
export const textRoutes = (of: Resource, options: ReadText & WrittenText): readonly Route[] => {
  const { path, name, what, type, said, read, missing } = options;
  return [
    defineRoute({
      method: "get",
      path: `${pathOf(of)}${path}/`,
      id: `get${name}`,
      tag: of.tag,
      summary: `${what[0]?.toUpperCase()}${what.slice(1)}.`,
      answers: answers({ 200: givesText(type, said) }, 404),
      async handle(request) {
        const key = request.params[of.key] ?? "";
        const found = await read(request, key);
        if (found === undefined) throw notFound("ERR_NOT_FOUND", missing(key));
        return text(found, type);
      },
    }),
    writeTextRoute(of, options),
  ];
};
