import {
  asTexts,
  configurationError,
  type Device,
  defineAction,
  dig,
  type MaybeNode,
  methodOptions,
  type PlanNode,
  type PlanRequest,
  powerFacts,
  sequence,
} from "@basalt/core";
import { bootloaderInterrupt, bootloaderSettings, typeCommands } from "../bootloader/index.js";
import { connectDevice } from "../connection/connect-device.js";
import { resetDevice } from "../power/reset-device.js";
import { SessionSlot } from "../slots.js";
import { detectFastbootDevice } from "./fastboot-actions.js";
import { detectsFastboot } from "./fastboot-client.js";

const method = "u-boot";

/** U-Boot's commands that start fastboot: `actions.deploy.methods.u-boot.parameters.fastboot.commands`. */
const ubootCommands = (device: Device): readonly string[] =>
  asTexts(dig(methodOptions(device, "deploy", method), "parameters", "fastboot", "commands"));

/** `bootloader-interrupt`, which then also types what starts fastboot: LAVA has no action of its own for that. */
function interruptIntoFastboot() {
  const interrupt = bootloaderInterrupt(method);
  return defineAction({
    name: interrupt.name,
    summary: "stop U-Boot and start its fastboot",
    reads: { session: SessionSlot },
    blameOnTimeout: "infrastructure",
    async validate(services, ctx) {
      await interrupt.validate?.(services, ctx);
      const { device } = ctx.job;
      if (ubootCommands(device).length === 0)
        throw configurationError(
          "ERR_DEVICE_INVALID",
          `device ${device.hostname} says fastboot_via_uboot, but not how: add actions.deploy.methods.u-boot.parameters.fastboot.commands`,
        );
    },
    async run({ session }, ctx) {
      await interrupt.run({ session }, ctx);
      const { device, job } = ctx.job;
      // the last command does not come back: it waits for the host
      const { finalMessage: _none, ...settings } = bootloaderSettings(device, job.context, method);
      await typeCommands(session, ubootCommands(device), settings, ctx);
    },
  });
}

/** `uboot-enter-fastboot > [reset-device, bootloader-interrupt]`: U-Boot is stopped and told to be a fastboot device. */
export const ubootEnterFastboot = (device: Device): PlanNode =>
  sequence("uboot-enter-fastboot", resetDevice(device), interruptIntoFastboot());

/** `detect-fastboot-device`, once per namespace (lava-dispatcher.md, appendix B 6). */
export const detectPlan = (request: PlanRequest): MaybeNode =>
  detectsFastboot(request.device) && request.first("detect-fastboot-device") && detectFastbootDevice(request.params);

/** The way into fastboot that deploy and boot share; what a board without reset does is given (lava-dispatcher.md 7). */
export function fastbootEntry(
  request: PlanRequest,
  { beforeReset, withoutReset }: { readonly beforeReset?: PlanNode; readonly withoutReset: readonly PlanNode[] },
): readonly MaybeNode[] {
  const { device } = request;
  if (device.dictionary.fastboot_via_uboot === true)
    return [connectDevice(request), ubootEnterFastboot(device), detectPlan(request)];
  if (powerFacts(device).reset) return [connectDevice(request), beforeReset, resetDevice(device), detectPlan(request)];
  return withoutReset;
}
