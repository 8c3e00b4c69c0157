import { definePlugin } from "@basalt/core";
import { definitions } from "./definitions-strategy.js";
import { multinodeDefinitions } from "./multinode-strategy.js";

export { definitions } from "./definitions-strategy.js";
export { multinodeDefinitions } from "./multinode-strategy.js";
export { testDefinitionSchema } from "./schema.js";
export { multinodeTestAction, testShellAction } from "./test-shell-action.js";

export default definePlugin({ name: "@basalt/actions-test-shell", strategies: [definitions, multinodeDefinitions] });
