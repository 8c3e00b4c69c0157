import { createOverlayPlan, disconnectDevice } from "@basalt/actions-common";
import { definePlugin, defineStrategy, hasKey, readFeedback, sequence } from "@basalt/core";
import { setEnvironment } from "./device-environment.js";
import { dockerTestShell } from "./docker-shell.js";
import { inOwnNamespace } from "./own-namespace.js";
import { dockerTestSchema } from "./schema.js";

export { deviceEnvironment } from "./device-environment.js";

/** `test: {docker: ..., definitions: [...]}` (lava-dispatcher.md 7.3). */
export const dockerTest = defineStrategy({
  section: "test",
  method: "docker",
  priority: 10,
  schema: dockerTestSchema,
  traits: () => ({ needsOverlay: true, needsDeploymentData: false, hasShell: false }),
  plan: (request) =>
    sequence(
      "lava-docker-test",
      setEnvironment,
      inOwnNamespace(createOverlayPlan(request, { compress: false })),
      request.params.disconnect_connection === true && disconnectDevice,
      dockerTestShell(
        request,
        hasKey(request.params, "role") ? "lava-multinode-docker-test-shell" : "lava-docker-test-shell",
      ),
      readFeedback,
    ),
});

export default definePlugin({ name: "@basalt/actions-test-docker", strategies: [dockerTest] });
