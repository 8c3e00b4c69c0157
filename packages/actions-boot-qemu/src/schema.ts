import { type JsonSchema, schema } from "@basalt/core";

const { common, text } = schema;

/** Keys of `boot: {method: qemu}` (lava-dispatcher.md 1.5). */
export const qemuSchema: JsonSchema = {
  title: "QEMU",
  description: "Starts QEMU with the deployed images and talks to its serial port.",
  properties: {
    connection: { enum: ["serial"], description: "Kind of connection." },
    media: { enum: ["tmpfs"], description: "Where the images are." },
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
    transfer_overlay: common("transferOverlay"),
    docker: {
      ...common("docker", "Run QEMU in a container."),
      properties: { binary: text("Path of QEMU in the container.") },
    },
  },
};

/** Keys of `boot: {method: qemu-iso}` (lava-dispatcher.md 1.5). */
export const qemuIsoSchema: JsonSchema = {
  title: "Installer in QEMU",
  description:
    "Runs the installer that `to: iso-installer` prepared until it reboots, then starts QEMU from the installed disk.",
  required: ["media"],
  properties: {
    media: { enum: ["img"], description: "What is booted: the disk that was installed." },
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
  },
};
