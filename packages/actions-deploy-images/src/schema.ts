import { type JsonSchema, schema } from "@basalt/core";

const { common, text } = schema;

/** Keys of `deploy: {to: tmpfs}` (lava-dispatcher.md 1.4). */
export const tmpfsSchema: JsonSchema = {
  title: "Images for QEMU",
  description: "Downloads disk images, kernels and ramdisks and hands them to QEMU.",
  required: ["images"],
  properties: {
    images: {
      type: "object",
      description: "Files by a name of your choice, in the order of QEMU's arguments.",
      examples: [
        {
          rootfs: {
            url: "https://example.com/rootfs.img.gz",
            compression: "gz",
            image_arg: "-drive format=raw,file={rootfs}",
          },
        },
      ],
      additionalProperties: {
        ...common("extendedUrl"),
        properties: {
          image_arg: text("QEMU argument for the file; the name in braces stands for its path."),
        },
      },
    },
    type: {
      enum: ["monitor"],
      description: "The images are for a QEMU that shows output on a monitor, without a shell.",
    },
    uefi: common("url", "Firmware that QEMU starts."),
  },
};

const installerFile = (description: string, imageArg: string): JsonSchema => ({
  ...common("extendedUrl", description),
  properties: { image_arg: text(imageArg) },
});

/** Keys of `deploy: {to: iso-installer}` (lava-dispatcher.md 1.4). */
export const isoInstallerSchema: JsonSchema = {
  title: "Installer for QEMU",
  description: "Prepares an empty disk and an installer's ISO image, for `method: qemu-iso` to install the system.",
  required: ["images", "iso"],
  properties: {
    images: {
      type: "object",
      description: "The installer's ISO image, and the answers to its questions.",
      required: ["iso", "preseed"],
      properties: {
        iso: installerFile("The ISO image.", "QEMU argument for it; {iso} stands for its path. A CD drive if absent."),
        preseed: installerFile(
          "The answers to the installer's questions.",
          "QEMU argument with the kernel's command line; {preseed} stands for the file's path on the TFTP server: -append 'auto=true url=tftp://10.0.2.2/{preseed}'.",
        ),
      },
    },
    iso: {
      type: "object",
      description: "What the installer needs.",
      required: ["installation_size"],
      properties: {
        installation_size: text("Size of the empty disk: 4G."),
        kernel: text(
          "The installer's kernel in the ISO image: /install.amd/vmlinuz. QEMU boots the ISO image if absent.",
        ),
        initrd: text("The installer's initial ramdisk in the ISO image."),
      },
    },
  },
};
