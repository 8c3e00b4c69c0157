import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, textOrTexts } = schema;

/** Keys of `boot: {method: grub}` and `grub-efi` (lava-dispatcher.md 1.5). */
export const grubSchema: JsonSchema = {
  title: "GRUB",
  description: "Stops GRUB, types commands and waits for the kernel, or for an installer to end.",
  required: ["commands"],
  properties: {
    commands: common("commands"),
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
    transfer_overlay: common("transferOverlay"),
    use_bootscript: common("useBootscript"),
    boot_finished: textOrTexts("Messages that end the boot where it has no prompts: those of an installer."),
    reset: flag("Reset the device first.", { default: true }),
    expect_shell: flag("A shell comes after the boot."),
  },
};
