import { deployDeviceEnv, expectShellConnection, exportDeviceEnv, overlayPlan } from "@basalt/actions-common";
import {
  acceptIf,
  asText,
  definePlugin,
  defineStrategy,
  hasKey,
  hasMethod,
  refused,
  retry,
  sequence,
} from "@basalt/core";
import { deployDocker, dockerRunAction } from "./docker-actions.js";
import { readImage } from "./docker-device.js";
import { nodebooter } from "./nodebooter.js";
import { bootSchema, deploySchema } from "./schema.js";

/** `to: docker`. */
export const deploy = defineStrategy({
  section: "deploy",
  method: "docker",
  compatibility: 4,
  schema: deploySchema,
  accepts({ device, block }) {
    if (!hasMethod(device, "deploy", "docker")) return refused("the device lists no deploy method 'docker'");
    return acceptIf(readImage(block.params.image) !== undefined, "the block has no 'image'");
  },
  plan: (request) =>
    sequence(
      deployDocker(readImage(request.params.image)),
      request.namespace.needsDeploymentData && deployDeviceEnv(request.deploymentData),
      overlayPlan(request, { compress: false }),
    ),
});

/** `method: docker`: nobody logs in, the program is the shell. */
export const boot = defineStrategy({
  section: "boot",
  method: "docker",
  compatibility: 4,
  schema: bootSchema,
  accepts({ device, block }) {
    if (!hasMethod(device, "boot", "docker")) return refused("the device lists no boot method 'docker'");
    return acceptIf(asText(block.params.command) !== undefined, "the block has no 'command'");
  },
  plan(request) {
    const shell = hasKey(request.params, "prompts") && request.namespace.hasShell;
    return retry("boot-docker", dockerRunAction(request), shell && expectShellConnection, shell && exportDeviceEnv);
  },
});

export { nodebooter };

export default definePlugin({ name: "@basalt/actions-docker", strategies: [deploy, boot, nodebooter] });
