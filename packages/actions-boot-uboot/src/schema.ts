import { type JsonSchema, schema } from "@basalt/core";

const { common, flag } = schema;

/** Keys of `boot: {method: u-boot}` (lava-dispatcher.md 1.5). */
export const ubootSchema: JsonSchema = {
  title: "U-Boot",
  description: "Stops U-Boot, types commands and waits for the kernel.",
  required: ["commands"],
  properties: {
    commands: common("commands"),
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
    transfer_overlay: common("transferOverlay"),
    use_bootscript: common("useBootscript"),
    reset: flag("Reset the device first.", { default: true }),
  },
};
