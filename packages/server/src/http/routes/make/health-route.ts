import { badRequest } from "../../../submit/refusals.js";
import { answers, gives, json } from "../../answers.js";
import { type ApiRequest, defineRoute, type Route, type Schema } from "../../route.js";
import { pathOf, type Resource } from "./resource-routes.js";

/** A health in a body, for the document. */
export const healthSchema = (words: readonly string[]): Schema => ({
  type: "string",
  description: `One of ${words.join(", ")}, in any case.`,
});

/** A health word in any case, as LAVA takes it. @throws ERR_HEALTH (400) */
export function healthOf<Word extends string>(words: readonly Word[], value: unknown): Word {
  const word = words.find((known) => known.toLowerCase() === String(value).toLowerCase());
  if (word !== undefined) return word;
  throw badRequest("ERR_HEALTH", `'${String(value)}' is none: expected one of ${words.join(", ")}`, {
    details: { field: "health" },
  });
}

interface HealthRoute<Word extends string> {
  readonly summary: string;
  readonly words: readonly Word[];
  set(request: ApiRequest, key: string, given: { readonly health: Word; readonly reason?: string }): Promise<void>;
}

/** POST of a health, with a reason. */
export const healthRoute = <Word extends string>(of: Resource, { summary, words, set }: HealthRoute<Word>): Route =>
  defineRoute({
    method: "post",
    path: `${pathOf(of)}set_health/`,
    id: `set${of.name}Health`,
    tag: of.tag,
    summary,
    body: {
      type: "object",
      required: ["health"],
      properties: { health: healthSchema(words), reason: { type: "string" } },
    },
    answers: answers({ 202: gives("Message", "It is set.") }, 403, 404),
    async handle(request) {
      const { body, params } = request;
      const { reason } = body;
      const given = { health: healthOf(words, body.health), ...(typeof reason === "string" ? { reason } : {}) };
      await set(request, params[of.key] ?? "", given);
      return json({ message: "OK" }, 202);
    },
  });
