import { autoLogin, expectShellConnection, exportDeviceEnv, loginPlan } from "@basalt/actions-common";
import { acceptIf, type Block, definePlugin, defineStrategy, hasMethod, retry } from "@basalt/core";
import { executeQemu } from "./execute-qemu.js";
import { executeInstaller, monitorInstaller, rebootIntoInstalled } from "./installer-actions.js";
import { qemuIsoSchema, qemuSchema } from "./schema.js";

/** `method: qemu`, `qemu-nfs` and `monitor`: starts QEMU and talks to its serial port (lava-dispatcher.md 7.2). */
export const bootQemu = defineStrategy({
  section: "boot",
  method: ["qemu", "qemu-nfs", "monitor"],
  compatibility: 4,
  schema: qemuSchema,
  accepts: ({ device, block }) => {
    const method = parametersOf(block);
    return acceptIf(hasMethod(device, "boot", method), `the device lists no boot method '${method}'`);
  },
  plan: (request) =>
    retry(
      "boot-image-retry",
      retry("boot-qemu-image", executeQemu(request, parametersOf(request.block))),
      ...loginPlan(request),
    ),
});

/** The boot method whose parameters the device gives: `monitor` runs as `qemu` does. */
const parametersOf = ({ params }: Block): string => (params.method === "qemu-nfs" ? "qemu-nfs" : "qemu");

/** `method: qemu-iso`: runs the installer that `to: iso-installer` prepared, and boots what it installed (lava-dispatcher.md 7.2). */
export const bootQemuIso = defineStrategy({
  section: "boot",
  method: "qemu-iso",
  compatibility: 3,
  schema: qemuIsoSchema,
  accepts: ({ block }) => acceptIf(block.params.media === "img", "the block does not say 'media: img'"),
  plan: (request) =>
    retry(
      "boot-installer-iso",
      executeInstaller(request),
      monitorInstaller,
      rebootIntoInstalled,
      autoLogin(request),
      expectShellConnection,
      exportDeviceEnv,
    ),
});

export default definePlugin({ name: "@basalt/actions-boot-qemu", strategies: [bootQemu, bootQemuIso] });
