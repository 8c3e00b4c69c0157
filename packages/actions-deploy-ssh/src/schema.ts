import { type JsonSchema, schema } from "@basalt/core";

const { common } = schema;

/** Keys of `deploy: {to: ssh}` (lava-dispatcher.md 1.4). */
export const sshSchema: JsonSchema = {
  title: "Overlay for a host",
  description: "Makes the tests' overlay for a device that is up and reached by ssh.",
  properties: {
    firmware: common("url", "Accepted, and not fetched."),
    kernel: common("url", "Accepted, and not fetched."),
    rootfs: common("url", "Accepted, and not fetched."),
    modules: common("url", "Accepted, and not fetched."),
  },
};
