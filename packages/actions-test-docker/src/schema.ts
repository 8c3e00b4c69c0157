import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, text } = schema;

/** Keys of `test: {docker: ..., definitions: [...]}` (lava-dispatcher.md 1.6). */
export const dockerTestSchema: JsonSchema = {
  title: "Test definitions in a container",
  description: "Runs test definitions in a container on the worker, which has the board's USB devices.",
  required: ["docker", "definitions"],
  properties: {
    docker: common("docker", "The container."),
    definitions: common("definitions"),
    "downloads-namespace": text("Namespace whose downloads the container sees in /lava-downloads."),
    disconnect_connection: flag("Close the device's console first, so that the test may open it.", { default: false }),
  },
};
