import type { JsonSchema } from "@basalt/core";

/** Keys of `boot: {method: recovery}` (lava-dispatcher.md 1.5). */
export const recoverySchema: JsonSchema = {
  title: "Recovery mode",
  description: "Switches the device into its recovery mode, or out of it.",
  required: ["commands"],
  properties: { commands: { enum: ["recovery", "exit"], description: "Into recovery mode, or out of it." } },
};
