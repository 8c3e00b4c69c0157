import type { Resource } from "../make/resource-routes.js";

export const jobs: Resource = { tag: "jobs", root: "/api/v0.2/jobs/", key: "id", name: "Job" };

/** A body with a definition. */
export const definitionBody = {
  type: "object",
  required: ["definition"],
  properties: { definition: { type: "string", description: "YAML" } },
};
