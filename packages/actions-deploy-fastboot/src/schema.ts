import { type JsonSchema, schema } from "@basalt/core";

const { common, flag } = schema;

/** Ways to restart the board after an image was flashed. */
export const reboots = [
  "hard-reset",
  "fastboot-reboot",
  "fastboot-reboot-bootloader",
  "fastboot-reboot-fastboot",
] as const;

/** Keys of `deploy: {to: fastboot}` (lava-dispatcher.md 1.4). */
export const fastbootSchema: JsonSchema = {
  title: "Fastboot",
  description:
    "Flashes images into a board's partitions with the fastboot client: over USB by serial number, or over TCP and UDP.",
  required: ["images"],
  properties: {
    images: {
      type: "object",
      description: "Images by the name of their partition.",
      minProperties: 1,
      additionalProperties: {
        ...common("extendedUrl", "An image."),
        properties: {
          "apply-overlay": flag("Put the tests' overlay in."),
          root_partition: {
            type: "integer",
            minimum: 0,
            description: "Partition of a disk image that gets the overlay, counted from 0.",
          },
          sparse: flag("The image that gets the overlay is an Android sparse image.", { default: true }),
          reboot: { enum: [...reboots], description: "How to restart the board after it is flashed." },
        },
      },
    },
    docker: common("docker", "Container that has the fastboot client."),
  },
};
