import { type JsonSchema, schema } from "@basalt/core";

const { common, texts } = schema;

/** Keys of `boot: {method: fastboot}` (lava-dispatcher.md 1.5). */
export const fastbootSchema: JsonSchema = {
  title: "Fastboot",
  description: "Starts a board that is in fastboot mode, as its device's boot sequence says.",
  properties: {
    commands: texts("Commands for fastboot, run first: 'oem unlock'."),
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
    transfer_overlay: common("transferOverlay"),
    use_bootscript: common("useBootscript"),
    docker: common("docker", "Container that has the fastboot client."),
  },
};
