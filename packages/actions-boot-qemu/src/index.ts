import { loginPlan } from "@basalt/actions-common";
import { acceptIf, type Block, definePlugin, defineStrategy, hasMethod, retry } from "@basalt/core";
import { executeQemu } from "./execute-qemu.js";
import { qemuSchema } from "./schema.js";

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

export default definePlugin({ name: "@basalt/actions-boot-qemu", strategies: [bootQemu] });
