import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, text, texts } = schema;
const login = {
  prompts: common("prompts"),
  auto_login: common("autoLogin"),
  transfer_overlay: common("transferOverlay"),
};

/** Keys of `boot: {method: new_connection}` (lava-dispatcher.md 1.5). */
export const newConnectionSchema: JsonSchema = {
  title: "Another console",
  description: "Opens another console of a device that runs.",
  required: ["connection"],
  properties: { connection: text("Name of the connection in the device's dictionary."), ...login },
};

/** Keys of `boot: {method: kexec}` (lava-dispatcher.md 1.5). */
export const kexecSchema: JsonSchema = {
  title: "kexec",
  description: "Starts a kernel from the system that runs.",
  required: ["boot_message"],
  properties: {
    boot_message: text("First message of the new kernel. A Python regular expression."),
    command: text("Path of kexec on the device.", { default: "/sbin/kexec" }),
    kernel: text("Path of the kernel on the device."),
    dtb: text("Path of the device tree on the device."),
    initrd: text("Path of the initrd on the device."),
    options: texts("More options for loading the kernel."),
    "kernel-config": text("Kernel configuration on the device that must allow kexec; a glob."),
    deploy: flag("The kernel was deployed by the job."),
    on_panic: flag("Load the kernel for a panic, and cause one."),
    ...login,
  },
};
