import { definePlugin, defineStrategy, retry } from "@basalt/core";
import { runMonitors } from "./run-monitors.js";
import { monitorsSchema } from "./schema.js";

/** `monitors`: results read from what the device prints by itself. */
export const monitors = defineStrategy({
  section: "test",
  method: "monitors",
  compatibility: 1,
  schema: monitorsSchema,
  traits: () => ({ needsOverlay: false, needsDeploymentData: false, hasShell: false }),
  plan: (request) => retry("lava-test-monitor-retry", runMonitors(request)),
});

export default definePlugin({ name: "@basalt/actions-test-monitor", strategies: [monitors] });
