import { type JsonSchema, schema } from "@basalt/core";

const { common, text } = schema;

/** Keys of `boot: {method: ssh}` (lava-dispatcher.md 1.5). */
export const sshSchema: JsonSchema = {
  title: "Login by ssh",
  description: "Logs in to a device that is up already.",
  properties: {
    prompts: common("prompts"),
    parameters: {
      type: "object",
      description: "Where the host's address comes from, in a MultiNode job.",
      properties: {
        hostID: text("Message that carries the host's address."),
        host_key: text("Key of the address in that message."),
      },
    },
  },
};

/** Keys of `boot: {method: schroot}` (lava-dispatcher.md 1.5). */
export const schrootSchema: JsonSchema = {
  title: "chroot of the host",
  description: "Enters a chroot of the host that the job is logged in to.",
  required: ["connection", "schroot"],
  properties: {
    connection: { const: "ssh", description: "The connection it is entered by." },
    schroot: text("Name of the chroot."),
    prompts: common("prompts"),
  },
};
