import { type JsonSchema, schema } from "@basalt/core";

const { common, text } = schema;

const firmware = (description: string, more: JsonSchema["properties"] = {}): JsonSchema => ({
  ...common("extendedUrl", description),
  properties: {
    format: { enum: ["ext4"], description: "File system of the root file system." },
    root_partition: {
      type: "integer",
      minimum: 0,
      description: "Partition of the disk image with the root file system, counted from 0.",
    },
    type: { enum: ["image"], description: "Kind of file." },
    ...more,
  },
});

/** Keys of `deploy: {to: avh}` (lava-dispatcher.md 1.4). */
export const deploySchema: JsonSchema = {
  title: "Arm Virtual Hardware",
  description:
    "Makes a firmware package of images, or takes one, and uploads it. The job's secret `avh_api_token` is the account's API token.",
  anyOf: [{ required: ["images"] }, { required: ["fw_package"] }],
  "x-expected": "'images' (rootfs, kernel, dtb), or 'fw_package'",
  properties: {
    images: {
      type: "object",
      description: "Files of the package: `rootfs` (its disk), `kernel`, `dtb`; any other goes in under its own name.",
      additionalProperties: firmware("A file of the package."),
    },
    fw_package: firmware("A firmware package: a zip file with an Info.plist.", {
      storage_file: text("File of the package with the disk, where the tests' overlay goes; nand if absent."),
    }),
    options: {
      type: "object",
      description: "In place of the device's.",
      properties: {
        model: text("Model of the virtual board: rpi4b."),
        api_endpoint: text("Address of the API: https://app.avh.corellium.com/api."),
        project_name: text("Project that the virtual board is made in."),
      },
    },
  },
};

/** Keys of `boot: {method: avh}` (lava-dispatcher.md 1.5). */
export const bootSchema: JsonSchema = {
  title: "Arm Virtual Hardware",
  description:
    "Makes a virtual board that boots the uploaded firmware, and opens its console. It is removed when the job ends.",
  required: ["prompts"],
  properties: {
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
    bootargs: {
      type: "object",
      description: "The kernel's arguments, in place of the model's.",
      properties: {
        normal: text("Arguments of each boot."),
        restore: text("Arguments of the very first boot, in which the system prepares its disk and reboots."),
      },
    },
    docker: common(
      "docker",
      "Container with a websocket client, for LAVA. Basalt opens the console itself and needs none.",
    ),
  },
};
