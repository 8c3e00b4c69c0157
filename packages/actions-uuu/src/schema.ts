import { type JsonSchema, schema } from "@basalt/core";

const { common, flag } = schema;

const image: JsonSchema = {
  ...common("url"),
  properties: {
    "apply-overlay": flag("Put the tests' overlay into the image."),
    root_partition: { type: "integer", minimum: 0, description: "Partition that gets the overlay, counted from 0." },
    sparse: flag("The image is an Android sparse image.", { default: false }),
  },
};

/** Keys of `deploy: {to: uuu}` (lava-dispatcher.md 1.4). */
export const deploySchema: JsonSchema = {
  title: "Images for uuu",
  description: "Fetches the images that NXP's uuu writes to an i.MX board.",
  required: ["images"],
  properties: {
    images: {
      type: "object",
      description:
        "Files by a name of your choice, which commands write as {NAME}; boot, a bootloader, must be one of them.",
      examples: [{ boot: { url: "https://example.com/imx-boot.bin" } }],
      required: ["boot"],
      properties: { boot: { ...common("url"), description: "Bootloader that the board runs from memory." } },
      additionalProperties: image,
    },
    uniquify: flag("Each image lies in a folder of its own.", { default: true }),
  },
};

/** Keys of `boot: {method: uuu}` (lava-dispatcher.md 1.5). */
export const bootSchema: JsonSchema = {
  title: "NXP i.MX boards with uuu",
  description: "Flashes the board over USB with NXP's uuu, and switches its boot mode with bcu.",
  required: ["commands"],
  properties: {
    commands: {
      description:
        "Commands by protocol: uuu (options of uuu itself), bcu, or a protocol of uuu's such as SDPS or FB. Or the name of a list of the device.",
      examples: [[{ bcu: "reset usb" }, { uuu: "-b emmc {boot}" }]],
      anyOf: [
        { type: "string", minLength: 1 },
        {
          type: "array",
          items: {
            type: "object",
            description: "A protocol and its command.",
            additionalProperties: { type: "string" },
          },
        },
      ],
      "x-expected": "a list of commands such as {uuu: -b sd {boot}}",
    },
    docker: common("docker"),
    skip_uuu_if_bootloader_valid: flag("Flash nothing where the board's bootloader can be stopped.", {
      default: false,
    }),
  },
};
