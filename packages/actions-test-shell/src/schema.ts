import { inlineRefs, type JsonSchema, schema } from "@basalt/core";

const { common } = schema;

/** Keys of `test: {definitions: [...]}` (lava-dispatcher.md 1.6). */
export const definitionsSchema: JsonSchema = {
  title: "Test definitions",
  description: "Runs test definitions in the device's shell.",
  required: ["definitions"],
  properties: { definitions: common("definitions") },
};

/** A test definition in a file of its own. LAVA checks little of it; `basalt validate` may check all. */
export const testDefinitionSchema: JsonSchema = inlineRefs(common("testDefinition"));
