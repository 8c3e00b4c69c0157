import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, text, texts } = schema;

const step: JsonSchema = {
  type: "object",
  properties: {
    command: { type: ["string", "null"], description: "What is typed; null types nothing." },
    delay: { type: "integer", description: "Seconds to wait." },
    "lava-send": text("MultiNode: message to send."),
    "lava-sync": text("MultiNode: message to synchronise on."),
    "lava-wait": text("MultiNode: message to wait for."),
    "lava-wait-all": text("MultiNode: message to wait for from all."),
    name: text("Name of the test case the step reports."),
    wait_for_prompt: flag("Wait for a prompt after the command; true where it is not given.", { default: true }),
    successes: {
      type: "array",
      description: "Texts that mean success.",
      items: { type: "object", required: ["message"], properties: { message: text("Python regular expression.") } },
    },
    failures: {
      type: "array",
      description: "Texts that mean failure.",
      items: {
        type: "object",
        required: ["message"],
        properties: {
          message: text("Python regular expression."),
          exception: {
            enum: ["InfrastructureError", "JobError", "TestError"],
            description: "Error that ends the test.",
          },
          error: text("Message of the error."),
        },
      },
    },
  },
};

/** Keys of `test: {interactive: [...]}` (lava-dispatcher.md 1.6). */
export const interactiveSchema: JsonSchema = {
  title: "Interactive scripts",
  description: "Types commands on the console and looks at what comes back.",
  required: ["interactive"],
  properties: {
    interactive: {
      type: "array",
      description: "Scripts to run, in this order.",
      items: {
        type: "object",
        required: ["name", "prompts", "script"],
        properties: {
          name: text("Name of the test suite."),
          prompts: texts("Prompts to wait for. Python regular expressions."),
          echo: { enum: ["discard"], description: "Drop the echo of what is typed." },
          expected: common("expected"),
          script: { type: "array", items: step, description: "Steps of the script." },
        },
      },
    },
  },
};
