import { definePlugin, defineStrategy, retry } from "@basalt/core";
import { interactiveAction } from "./interactive-action.js";
import { interactiveSchema } from "./schema.js";

/** `interactive`: scripts of commands typed at any prompt, a bootloader's too. */
export const interactive = defineStrategy({
  section: "test",
  method: "interactive",
  compatibility: 1,
  schema: interactiveSchema,
  traits: () => ({ needsOverlay: false, needsDeploymentData: false, hasShell: false }),
  plan: (request) => retry("lava-test-interactive-retry", interactiveAction(request)),
});

export default definePlugin({ name: "@basalt/actions-test-interactive", strategies: [interactive] });
