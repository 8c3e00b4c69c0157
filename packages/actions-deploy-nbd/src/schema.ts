import { type JsonSchema, schema } from "@basalt/core";

const { common } = schema;

/** Keys of `deploy: {to: nbd}` (lava-dispatcher.md 1.4). */
export const nbdSchema: JsonSchema = {
  title: "Root file system over NBD",
  description: "Serves a root file system as a network block device, beside kernel and initrd over TFTP.",
  required: ["kernel", "nbdroot", "initrd"],
  properties: {
    kernel: {
      ...common("url", "The kernel."),
      properties: {
        type: { enum: ["image", "uimage", "zimage"], description: "Form of the kernel: decides U-Boot's command." },
      },
    },
    initrd: common("url", "Initrd that mounts the device: a cpio archive."),
    nbdroot: common("url", "Image of the root file system."),
    dtb: common("url", "The device tree."),
  },
};

/** Value of `protocols: {lava-xnbd: ...}` (lava-dispatcher.md 1.7). */
export const xnbdSchema: JsonSchema = {
  type: "object",
  description: "A root file system over NBD.",
  required: ["port"],
  properties: {
    port: {
      anyOf: [{ const: "auto" }, { type: "integer" }],
      description: "Port of the server; auto takes one of 55000 to 56000.",
      "x-expected": "auto or a number",
    },
    timeout: common("timeout", "Time for the server to start."),
  },
};
