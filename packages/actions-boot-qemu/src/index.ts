import { loginPlan } from "@basalt/actions-common";
import { acceptIf, definePlugin, defineStrategy, hasMethod, retry } from "@basalt/core";
import { executeQemu } from "./execute-qemu.js";
import { qemuSchema } from "./schema.js";

/** `method: qemu` (and `monitor`): starts QEMU and talks to its serial port (lava-dispatcher.md 7.2). */
export const bootQemu = defineStrategy({
  section: "boot",
  method: ["qemu", "monitor"],
  compatibility: 4,
  schema: qemuSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "boot", "qemu"), "the device lists no boot method 'qemu'"),
  plan: (request) =>
    retry("boot-image-retry", retry("boot-qemu-image", executeQemu(request, "qemu")), ...loginPlan(request)),
});

export default definePlugin({ name: "@basalt/actions-boot-qemu", strategies: [bootQemu] });
