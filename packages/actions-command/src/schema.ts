import { type JsonSchema, schema } from "@basalt/core";

const { text } = schema;

/** Keys of `command` blocks (lava-dispatcher.md 1.6). */
export const commandSchema: JsonSchema = {
  title: "Command of the device",
  description: "Runs a command that the device's dictionary names, on the worker.",
  required: ["name"],
  properties: {
    name: text(
      "hard_reset, power_on, power_off, pre_power_command, pre_os_command, recovery_mode, recovery_exit, or a command of the device's users.",
    ),
  },
};
