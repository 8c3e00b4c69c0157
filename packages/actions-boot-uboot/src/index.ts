import {
  bootloaderFromMedia,
  bootloaderInterrupt,
  bootloaderOverlay,
  connectDevice,
  loginPlan,
  resetDevice,
} from "@basalt/actions-common";
import { acceptIf, definePlugin, defineStrategy, hasMethod, refused, retry, sequence } from "@basalt/core";
import { commandsPlan, flashesMassStorage } from "./commands-plan.js";
import { ubootSchema } from "./schema.js";

const method = "u-boot";

/** `method: u-boot`: stop U-Boot, type commands, wait for Linux (lava-dispatcher.md 7.2). */
export const uboot = defineStrategy({
  section: "boot",
  method,
  compatibility: 1,
  schema: ubootSchema,
  accepts({ device, block }) {
    if (block.params.commands === undefined) return refused("the block has no 'commands'");
    return acceptIf(hasMethod(device, "boot", method), "the device lists no boot method 'u-boot'");
  },
  plan: (request) =>
    retry(
      "uboot-action",
      bootloaderFromMedia("uboot-from-media"),
      bootloaderOverlay(request, method),
      connectDevice(request),
      sequence(
        "uboot-commands",
        request.params.reset !== false && resetDevice(request.device),
        bootloaderInterrupt(method),
        ...commandsPlan(request),
        ...loginPlan(request, flashesMassStorage(request) ? {} : { bootloader: method }),
      ),
    ),
});

export default definePlugin({ name: "@basalt/actions-boot-uboot", strategies: [uboot] });
