import {
  bootBootloader,
  bootloaderOverlay,
  connectDevice,
  disconnectDevice,
  resetDevice,
} from "@basalt/actions-common";
import {
  acceptIf,
  asking,
  asObject,
  defineStrategy,
  type GroupNode,
  hasKey,
  hasMethod,
  type JsonObject,
  type PlanNode,
  type PlanRequest,
  powerOff,
  refused,
  retry,
  sequence,
  unless,
  withParameters,
} from "@basalt/core";
import { BootloaderValidSlot, checkSerialAvailability, SerialAvailableSlot, uuuBoot } from "./actions.js";
import { bootSchema } from "./schema.js";
import { needsSerialDownload, uuuCommands } from "./uuu-commands.js";
import { corruptCommands, knowsOtgPath, powersOffFirst, uuuOptions } from "./uuu-device.js";

const bootloader = "u-boot";

/** A group that stops U-Boot on a console of its own and types commands, planned with parameters of its own. */
function inUboot(name: string, request: PlanRequest, more: JsonObject, before?: PlanNode): GroupNode {
  const params = { ...request.params, bootloader, ...more };
  const own = { ...request, params };
  return withParameters(
    params,
    sequence(
      name,
      before,
      connectDevice(own),
      bootloaderOverlay(own, bootloader),
      bootBootloader(own, bootloader),
      disconnectDevice,
    ),
  );
}

/** Whether the bootloader that is on the board can be stopped: soon, or it counts as broken. */
const checkBootloader = (request: PlanRequest): PlanNode =>
  asking(
    BootloaderValidSlot,
    inUboot("check-bootloader-valid", request, {
      commands: [],
      timeouts: { "bootloader-interrupt": { seconds: 15 }, ...asObject(request.params.timeouts) },
    }),
  );

/** The board boots from USB once nothing else boots. */
const corruptBootMedia = (request: PlanRequest): PlanNode =>
  unless(
    SerialAvailableSlot,
    inUboot(
      "boot-corrupt-boot-media",
      request,
      { commands: corruptCommands(request.device) },
      powersOffFirst(request.device) ? powerOff : undefined,
    ),
  );

function flash(request: PlanRequest): GroupNode {
  const { device } = request;
  const brought = needsSerialDownload(uuuCommands(request))
    ? [checkSerialAvailability(request), corruptBootMedia(request), resetDevice(device)]
    : [];
  return sequence(
    "uuu",
    disconnectDevice,
    resetDevice(device),
    ...brought,
    connectDevice(request),
    uuuBoot(request),
    disconnectDevice,
  );
}

/** `method: uuu` (lava-dispatcher.md 7.2, appendix B 5). */
export const boot = defineStrategy({
  section: "boot",
  method: "uuu",
  compatibility: 1,
  schema: bootSchema,
  accepts({ device, block }) {
    if (!hasKey(block.params, "commands")) return refused("the block has no 'commands'");
    if (!hasMethod(device, "boot", "uuu")) return refused("the device lists no boot method 'uuu'");
    const where = "actions.boot.methods.uuu.options";
    if (!knowsOtgPath(uuuOptions(device)))
      return refused(`the device has no usb_otg_path or usb_otg_path_command in ${where}`);
    if (corruptCommands(device).length === 0)
      return refused(`the device has no corrupt_boot_media_command in ${where}`);
    return acceptIf(
      hasMethod(device, "boot", bootloader),
      "the device lists no boot method 'u-boot', which uuu needs to make its boot media unusable",
    );
  },
  plan(request) {
    const skips = Boolean(request.params.skip_uuu_if_bootloader_valid);
    const work = flash(request);
    return retry("uuu-boot-retry", skips && checkBootloader(request), skips ? unless(BootloaderValidSlot, work) : work);
  },
});
