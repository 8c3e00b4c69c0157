import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, text, texts } = schema;

const login = {
  prompts: common("prompts"),
  auto_login: common("autoLogin"),
  transfer_overlay: common("transferOverlay"),
};

/** Keys of `boot: {method: bootloader}` (lava-dispatcher.md 1.5). */
export const bootloaderSchema: JsonSchema = {
  title: "Bootloader",
  description: "Resets the device, stops its bootloader and leaves it there.",
  required: ["bootloader"],
  properties: {
    bootloader: text("Boot method of the device that says how its bootloader is stopped, such as u-boot."),
    commands: texts("What is typed in the bootloader, line by line; or the name of a list of the device."),
    use_bootscript: common("useBootscript"),
    prompts: common("prompts"),
    reset_connection: flag("Close the console and open it again first.", { default: true }),
    reset_device: flag("Reset the device first.", { default: true }),
    reset: flag("Reset the device first.", { default: true }),
  },
};

/** Keys of `boot: {method: barebox}` (lava-dispatcher.md 1.5). */
export const bareboxSchema: JsonSchema = {
  title: "barebox",
  description: "Stops barebox, types commands and waits for the kernel.",
  required: ["commands"],
  properties: { commands: common("commands"), ...login },
};

/** Keys of `boot: {method: ipxe}` (lava-dispatcher.md 1.5). */
export const ipxeSchema: JsonSchema = {
  title: "iPXE",
  description: "Stops iPXE, types commands and waits for the kernel.",
  required: ["commands"],
  properties: { commands: common("commands"), ...login, use_bootscript: common("useBootscript") },
};

/** Keys of `boot: {method: depthcharge}` (lava-dispatcher.md 1.5). */
export const depthchargeSchema: JsonSchema = {
  title: "depthcharge",
  description: "Gives depthcharge, the bootloader of Chromebooks, a kernel over TFTP.",
  required: ["commands"],
  properties: {
    commands: common("commands"),
    ...login,
    use_bootscript: common("useBootscript"),
    extra_kernel_args: text("Added to the kernel's command line."),
  },
};
