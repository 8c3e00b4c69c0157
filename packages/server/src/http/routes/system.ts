import { answers, json } from "../answers.js";
import { defineRoute, type Route } from "../route.js";
import { tagRoutes } from "./tags.js";

const root = "/api/v0.2/system/";
const text = { type: "string" };

export const systemRoutes: readonly Route[] = [
  defineRoute({
    method: "get",
    path: `${root}version/`,
    id: "getVersion",
    tag: "system",
    summary: "The LAVA release that this server behaves as, and its own version.",
    answers: answers({
      200: {
        description: "Versions.",
        schema: { type: "object", required: ["version", "basalt"], properties: { version: text, basalt: text } },
      },
    }),
    async handle({ services }) {
      const { lava, basalt } = services.system.version();
      return json({ version: lava, basalt });
    },
  }),
  defineRoute({
    method: "get",
    path: `${root}whoami/`,
    id: "whoAmI",
    tag: "system",
    summary: "Who asks.",
    answers: answers({
      200: {
        description: "A name; null for somebody who is not logged in.",
        schema: { type: "object", required: ["user"], properties: { user: { type: ["string", "null"] } } },
      },
    }),
    handle: async ({ asker }) => json({ user: asker?.username ?? null }),
  }),
  defineRoute({
    method: "get",
    path: `${root}master_config/`,
    id: "getMasterConfig",
    tag: "system",
    summary: "Where events are, as LAVA's clients ask for it.",
    answers: answers({ 200: { description: "Settings.", schema: { type: "object" } } }),
    handle: async () =>
      json({ EVENT_NOTIFICATION: true, EVENT_TOPIC: "org.lavasoftware", EVENT_SOCKET: "", LOG_SIZE_LIMIT: 5 }),
  }),
  defineRoute({
    method: "get",
    path: `${root}overview/`,
    id: "getOverview",
    tag: "system",
    summary: "What waits, what runs, and how devices and workers are.",
    answers: answers({
      200: {
        description: "Counts of what the asker may see.",
        schema: {
          type: "object",
          required: ["queued", "running", "devices", "workers"],
          properties: {
            queued: { type: "integer" },
            running: { type: "integer" },
            devices: { type: "object", additionalProperties: { type: "integer" } },
            workers: { type: "object", additionalProperties: { type: "integer" } },
          },
        },
      },
    }),
    handle: async ({ services, asker }) => json(await services.system.overview(asker)),
  }),
  ...tagRoutes,
];
