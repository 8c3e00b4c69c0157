import {
  bootloaderCommands,
  bootloaderInterrupt,
  bootloaderOverlay,
  connectDevice,
  loginPlan,
  MediaRootSlot,
  resetDevice,
} from "@basalt/actions-common";
import {
  acceptIf,
  asText,
  defineAction,
  definePlugin,
  defineStrategy,
  dig,
  hasMethod,
  type MaybeNode,
  methodOptions,
  optional,
  type PlanRequest,
  refused,
  retry,
  sequence,
} from "@basalt/core";
import { ubootSchema } from "./schema.js";

const method = "u-boot";

/** Tells where an image was written on the device's own media, for commands that load from there. */
const ubootFromMedia = defineAction({
  name: "uboot-from-media",
  summary: "find the image on the device's own media",
  reads: { media: optional(MediaRootSlot) },
  async run({ media }, { log }) {
    if (media) log.debug(`root ${media.root}, boot part ${media.part}`);
  },
});

/** The context's `uboot_altbank` makes a board boot from its other flash bank: stop, switch, stop again. */
function commandsPlan({ job, device }: PlanRequest): readonly MaybeNode[] {
  const altbank =
    dig(methodOptions(device, "boot", method), "parameters", "uboot_altbank") ?? job.context.uboot_altbank;
  if (altbank === true || asText(altbank) === "True")
    return [
      bootloaderCommands(method, "bootloader-commands-altbank"),
      bootloaderInterrupt(method),
      bootloaderCommands(method),
    ];
  return [bootloaderCommands(method)];
}

/** `method: u-boot`. */
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
      ubootFromMedia,
      bootloaderOverlay(request, method),
      connectDevice(request),
      sequence(
        "uboot-commands",
        request.params.reset !== false && resetDevice(request.device),
        bootloaderInterrupt(method),
        ...commandsPlan(request),
        ...loginPlan(request, { bootloader: method }),
      ),
    ),
});

export default definePlugin({ name: "@basalt/actions-boot-uboot", strategies: [uboot] });
