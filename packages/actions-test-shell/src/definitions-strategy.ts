import { isMultinode } from "@basalt/actions-common";
import { acceptIf, defineStrategy, hasKey, retry } from "@basalt/core";
import { definitionsSchema } from "./schema.js";
import { testShellAction } from "./test-shell-action.js";

/** `test: {definitions: [...]}`: LAVA's test shell. */
export const definitions = defineStrategy({
  section: "test",
  method: "definitions",
  schema: definitionsSchema,
  traits: () => ({ needsOverlay: true, needsDeploymentData: true, hasShell: true }),
  accepts: ({ block, job }) =>
    acceptIf(!(hasKey(block.params, "role") && isMultinode(job)), "the job is one of a MultiNode group"),
  plan: (request) => retry("lava-test-retry", testShellAction(request)),
});
