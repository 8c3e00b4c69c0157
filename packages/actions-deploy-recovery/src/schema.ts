import { type JsonSchema, schema } from "@basalt/core";

/** Keys of `deploy: {to: recovery}` (lava-dispatcher.md 1.4). */
export const recoverySchema: JsonSchema = {
  title: "Images for recovery mode",
  description: "Fetches the images that the device's recovery mode takes.",
  required: ["images"],
  properties: {
    images: {
      type: "object",
      description: "Files by a name of your choice.",
      additionalProperties: schema.common("url"),
    },
  },
};
