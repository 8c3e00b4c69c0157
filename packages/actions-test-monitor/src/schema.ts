import { type JsonSchema, schema } from "@basalt/core";

const { common, text } = schema;

/** Keys of `test: {monitors: [...]}` (lava-dispatcher.md 1.6). */
export const monitorsSchema: JsonSchema = {
  title: "Monitors",
  description: "Reads results from what the device prints by itself.",
  required: ["monitors"],
  properties: {
    monitors: {
      type: "array",
      description: "What to look for, one after the other.",
      items: {
        type: "object",
        required: ["name", "start", "end", "pattern"],
        properties: {
          name: text("Name of the test suite."),
          start: text("Text the monitor begins at. A Python regular expression."),
          end: text("Text the monitor ends at. A Python regular expression."),
          pattern: text("Python regular expression with the groups test_case_id, result, measurement, units."),
          fixupdict: common("fixupdict"),
          expected: common("expected"),
        },
      },
    },
  },
};
