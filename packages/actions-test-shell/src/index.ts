import { definePlugin } from "@basalt/core";
import { definitions } from "./definitions-strategy.js";

export { definitions } from "./definitions-strategy.js";
export { testDefinitionSchema } from "./schema.js";
export { testShellAction } from "./test-shell-action.js";

export default definePlugin({ name: "@basalt/actions-test-shell", strategies: [definitions] });
