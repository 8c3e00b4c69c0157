import { type JsonSchema, schema } from "@basalt/core";

const { common, text } = schema;

/** Keys of `deploy: {to: nfs}` (lava-dispatcher.md 1.4). */
export const nfsSchema: JsonSchema = {
  title: "Root file system over NFS",
  description: "Unpacks a root file system on the worker for the device, or QEMU, to mount.",
  properties: {
    nfsrootfs: {
      ...common("url", "For boards: tarball of the root file system."),
      properties: { prefix: text("Folder in the tarball that is the root file system.") },
    },
    modules: common("url", "Tarball of kernel modules."),
    images: {
      type: "object",
      description: "For QEMU: files by a name of your choice; nfsrootfs is the root file system.",
      additionalProperties: {
        ...common("url"),
        properties: { image_arg: text("QEMU argument for the file; the name in braces stands for its path.") },
      },
    },
    uefi: common("url", "Firmware that QEMU starts."),
  },
};
