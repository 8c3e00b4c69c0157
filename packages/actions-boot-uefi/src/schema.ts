import { type JsonSchema, schema } from "@basalt/core";

const { common, text } = schema;
const login = { prompts: common("prompts"), auto_login: common("autoLogin") };

/** Keys of `boot: {method: uefi}` (lava-dispatcher.md 1.5). */
export const uefiSchema: JsonSchema = {
  title: "UEFI shell",
  description: "Types commands in the firmware's UEFI shell and waits for the kernel.",
  required: ["commands"],
  properties: {
    commands: common("commands"),
    shell_menu: text("Name of the device's menu that leads to the shell."),
    ...login,
    transfer_overlay: common("transferOverlay"),
  },
};

/** Keys of `boot: {method: uefi-menu}` (lava-dispatcher.md 1.5). */
export const uefiMenuSchema: JsonSchema = {
  title: "UEFI menu",
  description: "Chooses from the firmware's menu and waits for the kernel.",
  properties: {
    commands: text("Name of the device's menu to walk through."),
    line_separator: { enum: ["dos", "unix"], description: "What ends a typed line: dos is CR and LF." },
    ...login,
    transfer_overlay: common("transferOverlay"),
  },
};
