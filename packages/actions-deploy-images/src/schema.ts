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
