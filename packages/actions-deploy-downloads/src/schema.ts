import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, text, texts } = schema;

const images: JsonSchema = {
  type: "object",
  description: "Files by a name of your choice.",
  minProperties: 1,
  additionalProperties: common("extendedUrl"),
};

/** Keys of `deploy: {to: download}` (lava-dispatcher.md 1.4). */
export const downloadSchema: JsonSchema = {
  title: "Files for a device in fastboot",
  description: "Brings the device into fastboot, or resets it, and fetches files.",
  required: ["images"],
  properties: { images },
};

/** Keys of `deploy: {to: downloads}` (lava-dispatcher.md 1.4). */
export const downloadsSchema: JsonSchema = {
  title: "Files for later blocks",
  description: "Fetches files that later blocks use by downloads:// addresses.",
  required: ["images"],
  properties: {
    images,
    uniquify: flag("Give each file a folder of its own, named by its key.", { default: false }),
    postprocess: {
      type: "object",
      description: "What is done with the files.",
      properties: {
        docker: {
          ...common("docker", "Container that sees the files in /lava-downloads."),
          properties: {
            steps: texts("Lines of a shell script that runs in the container, in that folder."),
            devices: texts("Device nodes that the container gets."),
          },
          required: ["steps"],
        },
      },
    },
    namespace: text("Name that later blocks find the files by."),
  },
};

/** Keys of `deploy: {to: overlay}` (lava-dispatcher.md 1.4). */
export const overlaySchema: JsonSchema = {
  title: "Overlay alone",
  description: "Makes the tests' overlay; it is fetched by transfer_overlay.",
  properties: {},
};
