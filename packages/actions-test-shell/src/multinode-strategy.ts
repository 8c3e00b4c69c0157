import { isMultinode } from "@basalt/actions-common";
import { acceptIf, defineStrategy, hasKey } from "@basalt/core";
import { definitionsSchema } from "./schema.js";
import { multinodeTestAction } from "./test-shell-action.js";

/**
 * `test: {definitions: [...], role: [...]}` of a job that the server split for its group. Its other kinds of test are those of any job
 * (lava-dispatcher.md 3.2).
 */
export const multinodeDefinitions = defineStrategy({
  section: "test",
  method: "definitions",
  priority: 2,
  schema: definitionsSchema,
  traits: () => ({ needsOverlay: true, needsDeploymentData: true, hasShell: true }),
  accepts: ({ block, job }) =>
    acceptIf(hasKey(block.params, "role") && isMultinode(job), "the job is not one of a MultiNode group"),
  plan: (request) => multinodeTestAction(request),
});
