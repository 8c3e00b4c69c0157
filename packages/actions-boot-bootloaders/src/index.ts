import { definePlugin } from "@basalt/core";
import { depthcharge } from "./depthcharge.js";
import { barebox, bootloader, ipxe } from "./strategies.js";

export default definePlugin({
  name: "@basalt/actions-boot-bootloaders",
  strategies: [ipxe, barebox, bootloader, depthcharge],
});
