import { definePlugin, defineStrategy } from "@basalt/core";
import { commandSchema } from "./schema.js";
import { userCommand } from "./user-command.js";

export { userCommand };

/** `command:` blocks. */
export const command = defineStrategy({
  section: "command",
  method: "command",
  compatibility: 1,
  schema: commandSchema,
  plan: ({ params }) => userCommand(params),
});

export default definePlugin({ name: "@basalt/actions-command", strategies: [command] });
