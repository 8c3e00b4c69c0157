import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, text } = schema;

/** Keys of `deploy: {to: tftp}` (lava-dispatcher.md 1.4). */
export const tftpSchema: JsonSchema = {
  title: "Files over TFTP",
  description: "Puts kernel, ramdisk, device tree and root file system where the device's bootloader fetches them.",
  properties: {
    kernel: {
      ...common("url", "The kernel."),
      properties: {
        type: { enum: ["image", "uimage", "zimage"], description: "Form of the kernel: decides U-Boot's command." },
      },
    },
    dtb: common("url", "The device tree."),
    dtbo: { type: "array", items: common("url"), description: "Device tree overlays, applied in order." },
    modules: common("url", "Tarball of kernel modules."),
    preseed: common("url", "Preseed file of a Debian installer."),
    ramdisk: {
      ...common("url", "The ramdisk: a cpio archive."),
      properties: {
        install_modules: flag("Put the modules in.", { default: true }),
        install_overlay: flag("Put the tests' overlay in.", { default: true }),
        header: { enum: ["u-boot"], description: "The ramdisk comes with U-Boot's header." },
      },
    },
    nfsrootfs: {
      ...common("url", "Tarball of a root file system that the device mounts over NFS."),
      properties: {
        install_modules: flag("Put the modules in.", { default: true }),
        install_overlay: flag("Put the tests' overlay in.", { default: true }),
        prefix: text("Folder in the tarball that is the root file system."),
      },
    },
    persistent_nfs: {
      type: "object",
      description: "A root file system on a server of the lab.",
      required: ["address"],
      properties: {
        address: text("Where it is: SERVER:/PATH, such as 192.168.1.5:/exports/board-01."),
        install_overlay: flag("Put the tests' overlay in.", { default: true }),
      },
    },
    tee: common("url", "Image of a trusted execution environment, such as OP-TEE."),
    extra_files: { type: "object", description: "More files, by name.", additionalProperties: common("url") },
  },
  not: { required: ["nfsrootfs", "persistent_nfs"] },
  "x-expected": "nfsrootfs or persistent_nfs, not both",
};
