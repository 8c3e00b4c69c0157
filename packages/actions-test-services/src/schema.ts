import { type JsonSchema, schema } from "@basalt/core";

const { common } = schema;

/** Keys of `test: {services: [...]}` (lava-dispatcher.md 1.6). */
export const servicesSchema: JsonSchema = {
  title: "Test services",
  description: "Starts docker compose projects on the worker; they run until the job ends or stops them.",
  required: ["services"],
  properties: { services: common("services") },
};
