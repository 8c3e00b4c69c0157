import { type JsonSchema, schema } from "@basalt/core";

const { common, text } = schema;

/** Keys of `deploy: {to: mps}` (lava-dispatcher.md 1.4). */
export const mpsSchema: JsonSchema = {
  title: "Arm MPS boards",
  description: "Copies a recovery image and test binaries to the board's USB disk.",
  required: ["images"],
  properties: {
    images: {
      type: "object",
      description: "recovery_image, test_binary, or test_binary_<word>.",
      minProperties: 1,
      properties: { recovery_image: common("url", "Archive of what the disk holds.") },
      patternProperties: {
        "^test_binary(_\\w+)?$": {
          ...common("url", "A program."),
          properties: { rename: text("What the file is called on the disk.") },
        },
      },
    },
  },
};

/** Keys of `deploy: {to: musca}`. */
export const muscaSchema: JsonSchema = {
  title: "Arm Musca boards",
  description: "Copies a program to the board's USB disk, and looks whether the board took it.",
  required: ["images"],
  properties: {
    images: {
      type: "object",
      required: ["test_binary"],
      description: "The program, as test_binary.",
      properties: { test_binary: common("url", "The program.") },
    },
  },
};

/** Keys of `deploy: {to: vemsd}`. */
export const vemsdSchema: JsonSchema = {
  title: "Versatile Express firmware",
  description: "Puts firmware on the board's USB disk, which its MCC shows.",
  required: ["recovery_image"],
  properties: { recovery_image: common("url", "Archive of what the disk holds.") },
};

/** Keys of `boot: {method: musca}`. */
export const muscaBootSchema: JsonSchema = {
  title: "Arm Musca boards",
  description: "Resets the board and opens its console.",
  properties: { prompts: common("prompts") },
};
