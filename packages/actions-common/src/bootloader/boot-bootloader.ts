import { asText, type JsonObject, type PlanNode, type PlanRequest, sequence } from "@basalt/core";
import { connectDevice } from "../connection/connect-device.js";
import { resetConnection } from "../connection/disconnect-device.js";
import { resetDevice } from "../power/reset-device.js";
import { bootloaderCommands, bootloaderInterrupt } from "./bootloader-actions.js";

/** The bootloader that a `method: bootloader` block names. */
export const bootloaderOf = (params: JsonObject): string => asText(params.bootloader) ?? "";

/**
 * `boot-bootloader`: the device is reset, its bootloader stopped and given commands, and left there (lava-dispatcher.md 7.2).
 * `reset_connection`, `reset_device` and `reset` are true where the block does not say.
 */
export function bootBootloader(request: PlanRequest, bootloader = bootloaderOf(request.params)): PlanNode {
  const { params, device } = request;
  return sequence(
    "boot-bootloader",
    params.reset_connection === false ? connectDevice(request) : resetConnection(request),
    params.reset_device !== false && params.reset !== false && resetDevice(device),
    bootloaderInterrupt(bootloader),
    bootloaderCommands(bootloader, { boots: false }),
  );
}
