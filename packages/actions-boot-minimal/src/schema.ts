import { type JsonSchema, schema } from "@basalt/core";

const { common, flag } = schema;

/** Keys of `boot: {method: minimal}` (lava-dispatcher.md 1.5). */
export const minimalSchema: JsonSchema = {
  title: "Power on and wait",
  description: "Powers the device on and waits for its login or prompt.",
  properties: {
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
    transfer_overlay: common("transferOverlay"),
    pre_power_command: flag("Run the device's pre_power_command first."),
    pre_os_command: flag("Run the device's pre_os_command first."),
    reset: flag("Reset the device; true where it is not given.", { default: true }),
  },
};
