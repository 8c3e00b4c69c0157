import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, text, texts } = schema;

const rootPartition: JsonSchema = {
  type: "integer",
  minimum: 0,
  description: "Partition of the image that gets the tests' overlay, counted from 0. The whole image if absent.",
};
const image: JsonSchema = {
  ...common("extendedUrl", "The disk image."),
  properties: { root_partition: rootPartition, "apply-overlay": flag("Put the tests' overlay in.") },
};

const tool = (what: string): JsonSchema => ({
  type: "object",
  description: what,
  properties: {
    tool: text("Path of the program on the board."),
    options: text("Its arguments; {DOWNLOAD_URL} and {DEVICE} are put in."),
    prompt: text("What it says when it works. A Python regular expression."),
  },
});

/** Keys of `deploy: {to: usb}`, `sd` and `sata` (lava-dispatcher.md 1.4). */
export const removableSchema: JsonSchema = {
  title: "Removable media",
  description: "Writes an image to a medium of the board, from a system that runs on it.",
  required: ["device"],
  oneOf: [{ required: ["image"] }, { required: ["images"] }],
  "x-expected": "image or images, not both",
  properties: {
    device: text("Name of the medium in the device's dictionary."),
    image,
    images: {
      type: "object",
      description: "Several files, one of them named image.",
      required: ["image"],
      additionalProperties: image,
    },
    download: tool("The program that fetches the image; wget if absent."),
    writer: tool("The program that writes the image; dd if absent."),
    tool: {
      type: "object",
      description: "What the programs say when all is written.",
      properties: { prompts: texts("Python regular expressions.") },
    },
    uniquify: flag("Give each file a folder of its own.", { default: true }),
  },
};

/** Keys of `deploy: {to: u-boot-ums}`. */
export const umsSchema: JsonSchema = {
  title: "U-Boot mass storage",
  description: "Prepares an image that is written to the disk U-Boot shows when it boots.",
  required: ["image"],
  properties: { image },
};

/** Keys of `deploy: {to: usbg-ms}`. */
export const usbgSchema: JsonSchema = {
  title: "USB gadget mass storage",
  description: "Shows the image to the board as a USB disk, by the lab's own commands.",
  required: ["image"],
  properties: { image: common("extendedUrl", "The disk image.") },
};
