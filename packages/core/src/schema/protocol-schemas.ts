import { common, flag, type JsonSchema, madeByServer, text, texts, when } from "./json-schema.js";

// Section 1.7 of lava-dispatcher.md.

const count: JsonSchema = { type: "integer", minimum: 0, description: "Number of devices in the role." };
const shared = {
  count,
  context: { type: "object", description: "Variables for the device's template.", additionalProperties: true },
  tags: texts("Tags the device must have."),
  essential: flag("When a job of this role fails, all end."),
  timeout: common("timeout", "Time to wait for the other jobs."),
} as const satisfies Record<string, JsonSchema>;

/** A role with devices of its own, or (with `connection`) guests on another role's device. */
const role: JsonSchema = {
  type: "object",
  description: "A role of the job.",
  required: ["count"],
  properties: shared,
  allOf: [
    when(
      { required: ["connection"] },
      {
        required: ["expect_role", "host_role"],
        properties: {
          connection: text("Kind of connection to the host, such as ssh."),
          expect_role: text("Role that says when to begin."),
          host_role: text("Role whose device the guests run on."),
          request: text("What is waited for, such as lava-start."),
        },
      },
      {
        required: ["device_type"],
        properties: {
          device_type: text("Type of device."),
          device: text("The one device to run on."),
          worker: text("The one worker to run on."),
          environment: {
            type: "object",
            description: "Environment variables of the tests.",
            additionalProperties: true,
          },
        },
      },
    ),
  ],
};

const multinode: JsonSchema = {
  type: "object",
  description: "Several devices in one job.",
  examples: [
    {
      roles: { server: { device_type: "qemu", count: 1 }, client: { device_type: "qemu", count: 2 } },
      timeout: { minutes: 10 },
    },
  ],
  required: ["roles"],
  properties: { timeout: common("timeout", "Time to wait for the other jobs.") },
  allOf: [
    when(
      { required: ["target_group"] },
      {
        $comment: madeByServer,
        // What a server leaves of a MultiNode job when it gives each device its own.
        properties: {
          target_group: text("Name of the group of jobs; given by the server."),
          role: text("This job's role; given by the server."),
          roles: {
            type: "object",
            description: "Role of each job; given by the server.",
            additionalProperties: { type: "string" },
          },
          group_size: { type: "integer", description: "Number of jobs; given by the server." },
          sub_id: { type: "integer", description: "Number of this job; given by the server." },
          environment: {
            type: "object",
            description: "Environment variables of this role.",
            additionalProperties: true,
          },
          tags: shared.tags,
          essential: shared.essential,
          device: text("The one device to run on."),
          worker: text("The one worker to run on."),
          request: text("What is waited for."),
          expect_role: text("Role that says when to begin."),
          host_role: text("Role whose device this guest runs on."),
        },
      },
      { properties: { roles: { type: "object", description: "The roles by name.", additionalProperties: role } } },
    ),
  ],
};

const xnbd: JsonSchema = {
  type: "object",
  description: "A root file system over NBD.",
  required: ["port"],
  properties: {
    port: {
      anyOf: [{ const: "auto" }, { type: "integer" }],
      description: "Port of the server.",
      "x-expected": "auto or a number",
    },
    timeout: common("timeout", "Time for the server to start."),
  },
};

/** Protocols core knows by name. Plugins add theirs. */
export const protocolSchemas: Readonly<Record<string, JsonSchema>> = { "lava-multinode": multinode, "lava-xnbd": xnbd };
