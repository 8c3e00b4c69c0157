import { notFound } from "../../submit/refusals.js";
import { answers, gives, givesPage, json, nothing, pageQuery, sliceAnswer } from "../answers.js";
import { type ApiRequest, defineRoute, type Route } from "../route.js";

const tag = "people";
const root = "/api/v0.2/remote-artifact-tokens/";
const one = `${root}{name}/`;
const text = { type: "string" };

async function set({ services, asker, params, body }: ApiRequest, status: number) {
  const name = String(body.name ?? params.name);
  await services.people.setArtifactToken(asker, name, String(body.token));
  return json({ name }, status);
}

export const artifactTokenRoutes: readonly Route[] = [
  defineRoute({
    method: "get",
    path: root,
    id: "listArtifactTokens",
    tag,
    summary: "Names of one's own tokens for servers that jobs fetch from.",
    query: pageQuery,
    answers: answers({ 200: givesPage("ArtifactToken") }),
    handle: async (request) =>
      sliceAnswer(request, await request.services.people.artifactTokens(request.asker), (item) => item),
  }),
  defineRoute({
    method: "post",
    path: root,
    id: "addArtifactToken",
    tag,
    summary: "Keep one. Unlike LAVA's, it is never shown again.",
    body: {
      type: "object",
      required: ["name", "token"],
      properties: { name: text, token: { ...text, writeOnly: true } },
    },
    answers: answers({ 201: gives("ArtifactToken", "It is kept.") }),
    handle: (request) => set(request, 201),
  }),
  defineRoute({
    method: "get",
    path: one,
    id: "getArtifactToken",
    tag,
    summary: "Whether there is one of this name.",
    answers: answers({ 200: gives("ArtifactToken", "There is.") }, 404),
    async handle({ services, asker, params }) {
      const all = await services.people.artifactTokens(asker);
      if (!all.some(({ name }) => name === params.name))
        throw notFound("ERR_NOT_FOUND", `you have no token '${params.name}'`);
      return json({ name: params.name });
    },
  }),
  ...(["put", "patch"] as const).map((method) =>
    defineRoute({
      method,
      path: one,
      id: method === "put" ? "replaceArtifactToken" : "changeArtifactToken",
      tag,
      summary: "Keep another one under its name.",
      body: { type: "object", required: ["token"], properties: { token: { ...text, writeOnly: true } } },
      answers: answers({ 200: gives("ArtifactToken", "It is kept.") }),
      handle: (request) => set(request, 200),
    }),
  ),
  defineRoute({
    method: "delete",
    path: one,
    id: "removeArtifactToken",
    tag,
    summary: "Forget it.",
    answers: answers({ 204: { description: "It is gone." } }, 404),
    async handle({ services, asker, params }) {
      await services.people.setArtifactToken(asker, params.name ?? "", null);
      return nothing;
    },
  }),
];
