import { type JsonSchema, schema } from "@basalt/core";

const { common, flag } = schema;

/** Keys of `deploy: {to: flasher}` (lava-dispatcher.md 1.4). */
export const flasherSchema: JsonSchema = {
  title: "The lab's own flasher",
  description: "Fetches images and runs the commands that the device names with them.",
  required: ["images"],
  properties: {
    images: {
      type: "object",
      description: "Files by the names that the device's commands use.",
      additionalProperties: {
        ...common("extendedUrl"),
        properties: {
          download: flag("False: the commands get the address and fetch it themselves.", { default: true }),
        },
      },
    },
    uniquify: flag("Give each file a folder of its own, named by its key.", { default: true }),
  },
};
