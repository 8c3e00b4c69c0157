import { notFound } from "../../submit/refusals.js";
import { sliceAnswer } from "../answers.js";
import type { ApiRequest, Route } from "../route.js";
import { addRoute, changeRoutes, getRoute, listRoute, type Resource, removeRoute } from "./make/resource-routes.js";

const tokens: Resource = {
  tag: "people",
  root: "/api/v0.2/remote-artifact-tokens/",
  key: "name",
  name: "ArtifactToken",
};
const text = { type: "string" };
const token = { ...text, writeOnly: true };

async function keep({ services, asker, body }: ApiRequest, name: string): Promise<object> {
  await services.people.setArtifactToken(asker, name, String(body.token));
  return { name };
}

export const artifactTokenRoutes: readonly Route[] = [
  listRoute(tokens, {
    summary: "Names of one's own tokens for servers that jobs fetch from.",
    handle: async (request) =>
      sliceAnswer(request, await request.services.people.artifactTokens(request.asker), (item) => item),
  }),
  addRoute(tokens, {
    summary: "Keep one. Unlike LAVA's, it is never shown again.",
    said: "It is kept.",
    refuses: [],
    body: { type: "object", required: ["name", "token"], properties: { name: text, token } },
    handle: (request) => keep(request, String(request.body.name)),
  }),
  getRoute(tokens, {
    summary: "Whether there is one of this name.",
    said: "There is.",
    async handle({ services, asker }, name) {
      const all = await services.people.artifactTokens(asker);
      if (!all.some((one) => one.name === name)) throw notFound("ERR_NOT_FOUND", `you have no token '${name}'`);
      return { name };
    },
  }),
  ...changeRoutes(tokens, {
    summary: "Keep another one under its name.",
    said: "It is kept.",
    refuses: [],
    body: { type: "object", required: ["token"], properties: { token } },
    handle: (request, key) => keep(request, String(request.body.name ?? key)),
  }),
  removeRoute(tokens, {
    summary: "Forget it.",
    refuses: [404],
    handle: ({ services, asker }, name) => services.people.setArtifactToken(asker, name, null),
  }),
];
