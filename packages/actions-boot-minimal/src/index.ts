import { connectDevice, loginPlan, preOsCommand, prePowerCommand, resetDevice } from "@basalt/actions-common";
import { acceptIf, definePlugin, defineStrategy, hasMethod, retry } from "@basalt/core";
import { minimalSchema } from "./schema.js";

/** `method: minimal`: power the device on and wait for its prompt; whatever is installed boots (lava-dispatcher.md 7.2). */
export const minimal = defineStrategy({
  section: "boot",
  method: "minimal",
  compatibility: 1,
  schema: minimalSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "boot", "minimal"), "the device lists no boot method 'minimal'"),
  plan(request) {
    const { params, device } = request;
    return retry(
      "minimal-boot",
      connectDevice(request),
      params.pre_power_command === true && prePowerCommand,
      params.pre_os_command === true && preOsCommand,
      params.reset !== false && resetDevice(device),
      ...loginPlan(request),
    );
  },
});

export default definePlugin({ name: "@basalt/actions-boot-minimal", strategies: [minimal] });
