import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, text, texts } = schema;

/** Keys of `deploy: {to: fvp}` (lava-dispatcher.md 1.4). */
export const deploySchema: JsonSchema = {
  title: "Images for an Arm model",
  description: "Fetches the images that a Fixed Virtual Platform boots.",
  required: ["images"],
  properties: {
    images: {
      type: "object",
      description: "Files by a name of your choice, which the model's arguments write as {NAME}.",
      examples: [{ bl1: { url: "https://example.com/bl1.bin" } }],
      additionalProperties: common("extendedUrl"),
    },
    uniquify: flag("Each image lies in a folder of its own.", { default: true }),
    ramdisk: {
      type: "object",
      description: "Accepted, as jobs for LAVA have it; no action uses it. Name `overlays` of the image instead.",
      properties: {
        install_overlay: flag("No action uses it."),
        compression: { enum: ["bz2", "gz", "xz", "zip", "zstd", null], description: "No action uses it." },
        header: { enum: ["u-boot"], description: "No action uses it." },
      },
    },
  },
};

/** Keys of `boot: {method: fvp}` (lava-dispatcher.md 1.5). */
export const bootSchema: JsonSchema = {
  title: "Arm models",
  description: "Runs a Fixed Virtual Platform in a container, and takes its serial terminal as the console.",
  required: ["console_string", "image", "arguments", "docker"],
  properties: {
    console_string: text(
      "What the model prints when the console is ready, with a group PORT. A Python regular expression.",
      {
        examples: ["terminal_0: Listening for serial connection on port (?P<PORT>\\d+)"],
      },
    ),
    image: text("The model's program in the container."),
    arguments: texts("Arguments of the model; {NAME} is an image's path, {ARTIFACT_DIR} the folder of all."),
    docker: {
      allOf: [common("docker")],
      required: ["name"],
      description: "The container, which has the model and telnet in it.",
      examples: [{ name: "foundation:11.8", local: true }],
    },
    use_telnet: flag("False: the model's own output is the console.", { default: true }),
    feedbacks: texts("Patterns of further terminals, with groups NAME and PORT; what they print is logged."),
    license_variable: text("Variable that names the license: ARMLMD_LICENSE_FILE=8224@server."),
    environment: texts("Further variables of the container, as NAME=VALUE."),
    ubl_license: text("User-based license: an activation code, or the path of a license file in the container."),
    version_string: text("What the model's --version prints. A Python regular expression.", {
      default: "Fast Models[^\\n]+",
    }),
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
    transfer_overlay: common("transferOverlay"),
    erpc_app: text("Program, with arguments, that is run in the container once the model is up: an eRPC client."),
    commands: texts("Shell commands that are run in the container at last."),
  },
};
