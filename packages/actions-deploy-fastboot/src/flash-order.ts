import {
  type FastbootReboot,
  fastbootFlash,
  fastbootReboot,
  pduReboot,
  waitFastbootDevice,
} from "@basalt/actions-common";
import {
  asObject,
  asText,
  asTexts,
  type Device,
  dig,
  type JsonObject,
  type PlanNode,
  type PlanRequest,
  readFeedback,
  sequence,
} from "@basalt/core";

/** The partitions in the device's `flash_cmds_order`, then the others as the job has them. */
export function flashOrder(device: Device, images: JsonObject): readonly string[] {
  const order = asTexts(device.dictionary.flash_cmds_order);
  const listed = order.filter((partition) => Object.hasOwn(images, partition));
  return [...new Set([...listed, ...Object.keys(images)])];
}

const rebootPlan = (how: string | undefined, params: JsonObject): readonly PlanNode[] => {
  if (how === undefined) return [];
  return [how === "hard-reset" ? pduReboot : fastbootReboot(how as FastbootReboot, params), readFeedback];
};

/** A device that boots its `boot` image over fastboot (`no-flash-boot`) keeps what is in that partition. */
function notFlashed(device: Device, partition: string): string | undefined {
  const sequenceOfBoot = asTexts(dig(device.dictionary, "actions", "boot", "methods", "fastboot"));
  return partition === "boot" && sequenceOfBoot.includes("no-flash-boot")
    ? "the device boots it without flashing (no-flash-boot)"
    : undefined;
}

/** `fastboot-flash-order-action` (lava-dispatcher.md 7.1). */
export function flashPlan({ device, params }: PlanRequest): PlanNode {
  const images = asObject(params.images);
  const nodes = flashOrder(device, images).flatMap((partition) => [
    waitFastbootDevice(params),
    fastbootFlash(partition, params, notFlashed(device, partition)),
    ...rebootPlan(asText(asObject(images[partition]).reboot), params),
  ]);
  return sequence("fastboot-flash-order-action", readFeedback, ...nodes);
}
