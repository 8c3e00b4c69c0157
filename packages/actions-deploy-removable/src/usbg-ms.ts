import { downloadedSlot, runDeviceCommands } from "@basalt/actions-common";
import {
  asTexts,
  configurationError,
  type Device,
  defineAction,
  methodOptions,
  ProcessRunnerToken,
} from "@basalt/core";

/** The lab's commands. @throws ERR_DEVICE_INVALID (configuration) where the device gives others than `enable` and `disable` */
export function gadgetCommands(device: Device) {
  const options = methodOptions(device, "deploy", "usbg-ms");
  const keys = Object.keys(options).sort().join(", ");
  if (keys === "disable, enable") return { enable: asTexts(options.enable), disable: asTexts(options.disable) };
  throw configurationError(
    "ERR_DEVICE_INVALID",
    `actions.deploy.methods.usbg-ms of device ${device.hostname} has ${keys || "nothing"}: it must have exactly disable and enable`,
  );
}

/** `usbg-ms`: the gadget is taken away and comes back with the image. `{IMAGE}` stands for its path. */
export const showImage = defineAction({
  name: "usbg-ms",
  summary: "show the image to the board as a USB disk",
  reads: { image: downloadedSlot("image") },
  needs: { runner: ProcessRunnerToken },
  blameOnTimeout: "infrastructure",
  async run({ image, runner }, { signal, log, job }) {
    const { enable, disable } = gadgetCommands(job.device);
    const put = (commands: readonly string[]): readonly string[] =>
      commands.map((command) => command.replaceAll("{IMAGE}", image.path));
    await runDeviceCommands(runner, put(disable), { signal, log, what: "usbg-ms disable" });
    await runDeviceCommands(runner, put(enable), { signal, log, what: "usbg-ms enable" });
  },
});
