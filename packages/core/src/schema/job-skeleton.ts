import { methodsOf, type SchemaContribution, schemasOf } from "./contribution.js";
import { common, flag, type JsonSchema, text, texts } from "./json-schema.js";
import { notifySchema } from "./notify-schema.js";
import { protocolSchemas } from "./protocol-schemas.js";

// Sections 1.1, 1.3, 1.7 and 1.8 of lava-dispatcher.md.

const name = (description: string): JsonSchema => text(description, { minLength: 1, maxLength: 200 });

const scalar = { type: ["integer", "string", "boolean"] } as const;

const jobTimeouts: JsonSchema = {
  type: "object",
  description: "How long things may take.",
  examples: [{ job: { minutes: 10 }, action: { minutes: 2 } }],
  required: ["job"],
  properties: {
    job: common("timeout", "Time for the whole job."),
    action: common("timeout", "Time for each action that has none of its own. 30 seconds where it is not given."),
    actions: common("namedTimeouts", "Time for actions by name."),
    connection: common("timeout", "Time for each wait on the console. 30 seconds where it is not given."),
    connections: common("namedTimeouts", "Time for each wait on the console, by action name."),
    queue: common("timeout", "Time the job may wait for a device."),
  },
};

const visibility: JsonSchema = {
  description: "Who may see the job: `public`, `personal`, or groups.",
  examples: ["public", { group: ["developers"] }],
  anyOf: [
    { enum: ["public", "personal"] },
    { type: "object", required: ["group"], properties: { group: texts("Names of groups.") } },
  ],
  "x-expected": "public, personal or {group: [...]}",
};

const priority: JsonSchema = {
  description: "`high`, `medium`, `low`, or a number.",
  anyOf: [{ enum: ["high", "medium", "low"] }, { type: "integer", minimum: 0, maximum: 100 }],
  "x-expected": "high, medium, low or a number from 0 to 100",
};

/** A job without its blocks: those are checked one by one. */
export const jobSkeleton: JsonSchema = {
  type: "object",
  "x-expected": "a mapping with job_name, timeouts, visibility and actions",
  required: ["job_name", "timeouts", "visibility", "actions"],
  properties: {
    job_name: name("Name of the job."),
    device_type: name("Type of device to run on. Not in a MultiNode job, whose roles name theirs."),
    device: name("The one device to run on."),
    worker: name("The one worker to run on."),
    timeouts: jobTimeouts,
    visibility,
    context: {
      type: "object",
      description: "Variables for the device's template. Which names are allowed is listed below.",
      // LAVA says int, str or list of these; a Python bool is an int.
      additionalProperties: {
        anyOf: [scalar, { type: "array", items: scalar }],
        "x-expected": "a number, a text or a list of these",
      },
    },
    metadata: { type: "object", description: "Whatever you want to find the job by.", additionalProperties: true },
    priority,
    tags: texts("Tags the device must have."),
    secrets: {
      type: "object",
      description: "Texts that are masked in logs.",
      additionalProperties: { type: "string" },
    },
    environment: { type: "object", description: "Environment variables of the tests.", additionalProperties: true },
    protocols: {
      type: "object",
      description: "Protocols the job talks.",
      properties: protocolSchemas,
    },
    notify: notifySchema,
    reboot_to_fastboot: flag("Has no effect; known because LAVA's schema has it."),
    actions: {
      type: "array",
      description: "The blocks of the job, in the order in which they run.",
      items: {
        type: "object",
        minProperties: 1,
        maxProperties: 1,
        propertyNames: { enum: ["deploy", "boot", "test", "command"] },
        "x-expected": "a mapping with the one key deploy, boot, test or command",
      },
    },
  },
};

/** The job's top with the protocols that plugins brought. */
export function skeletonWith(contributions: readonly SchemaContribution[]): JsonSchema {
  const { protocols, ...properties } = jobSkeleton.properties ?? {};
  const brought = methodsOf("protocol", contributions).map((name) => [
    name,
    schemasOf("protocol", name, contributions)[0] ?? {},
  ]);
  return {
    ...jobSkeleton,
    properties: {
      ...properties,
      protocols: { ...protocols, properties: { ...protocols?.properties, ...Object.fromEntries(brought) } },
    },
  };
}
