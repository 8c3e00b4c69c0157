import { type JsonSchema, schema } from "@basalt/core";

const { common, text } = schema;

/** Keys of `deploy: {to: docker}` (lava-dispatcher.md 1.4). */
export const deploySchema: JsonSchema = {
  title: "Container as device",
  description: "Fetches the image of the container that is the device.",
  required: ["image"],
  properties: {
    image: {
      description: "Name of the image, or how to get it.",
      anyOf: [{ type: "string", minLength: 1 }, common("docker")],
      "x-expected": "the name of a container image, or {name: IMAGE, local: true}",
    },
  },
};

/** Keys of `boot: {method: docker}` (lava-dispatcher.md 1.5). */
export const bootSchema: JsonSchema = {
  title: "Container as device",
  description: "Starts the container; its program's terminal is the console.",
  required: ["command"],
  properties: {
    command: text("Program of the container and its arguments: bash."),
    prompts: common("prompts"),
    "downloads-namespace": text("Namespace whose downloads the container sees in /lava-downloads."),
  },
};

/** Keys of `boot: {method: nodebooter}` (lava-dispatcher.md 1.5). */
export const nodebooterSchema: JsonSchema = {
  title: "Board that a container boots",
  description: "Starts a container that serves the board, resets the board and waits for its prompt.",
  required: ["command"],
  properties: {
    command: text("Program of the container and its arguments."),
    docker: common("docker", "The container; needed."),
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
    transfer_overlay: common("transferOverlay"),
    "downloads-namespace": text("Namespace whose downloads the container sees in /lava-downloads."),
  },
};
