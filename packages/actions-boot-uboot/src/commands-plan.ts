import {
  bootloaderCommands,
  bootloaderInterrupt,
  resetDevice,
  runningSettings,
  SessionSlot,
  typeCommands,
  waitForPath,
} from "@basalt/actions-common";
import {
  asText,
  type Device,
  defineAction,
  dig,
  type Json,
  type MaybeNode,
  methodOptions,
  type PlanRequest,
} from "@basalt/core";
import { flashUbootUms } from "./flash-uboot-ums.js";

const method = "u-boot";

const parameter = (device: Device, name: string): Json | undefined =>
  dig(methodOptions(device, "boot", method), "parameters", name);
const isTrue = (value: Json | undefined): boolean => value === true || asText(value) === "True";

/** Whether the device's commands make it a USB disk that the worker writes. */
export const flashesMassStorage = ({ device }: Pick<PlanRequest, "device">): boolean =>
  isTrue(parameter(device, "uboot_ums_flash"));

/** Makes a board with two flash banks start from the other one: its U-Boot comes anew. */
const switchBank = defineAction({
  name: "bootloader-commands-altbank",
  summary: "start U-Boot from the other flash bank",
  reads: { session: SessionSlot },
  defaultTimeoutMs: 90_000,
  blameOnTimeout: "infrastructure",
  async run({ session }, ctx) {
    const command = asText(parameter(ctx.job.device, "uboot_altbank_cmd")) ?? "reset";
    const { finalMessage: _none, ...settings } = runningSettings(method, ctx);
    await typeCommands(session, [command], settings, ctx);
  },
});

/** CMDS of lava-dispatcher.md 7.2: type the commands; from the other bank, or to be flashed as a USB disk, where the device says so. */
export function commandsPlan({ job, device }: PlanRequest): readonly MaybeNode[] {
  if (flashesMassStorage({ device }))
    return [
      bootloaderCommands(method, { boots: false }),
      waitForPath("wait-device-path", "the board's USB disk (uboot_mass_storage_device)", massStorage),
      flashUbootUms(massStorage),
      resetDevice(device),
    ];
  const altbank = parameter(device, "uboot_altbank") ?? job.context.uboot_altbank;
  if (isTrue(altbank)) return [switchBank, bootloaderInterrupt(method), bootloaderCommands(method)];
  return [bootloaderCommands(method)];
}

const massStorage = (device: Device): string | undefined => asText(parameter(device, "uboot_mass_storage_device"));
