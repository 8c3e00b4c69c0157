export { type DefinitionEntry, definitionsOf } from "./definitions.js";
export { gitClone } from "./git-clone.js";
export { commonScripts, multinodeScripts } from "./helper-scripts.js";
export { isMultinode } from "./overlay-actions.js";
export * from "./overlay-plan.js";
export { shellQuoted } from "./shell-text.js";
export * from "./signals/index.js";
export { runTestShell, type TestShellRequest } from "./test-shell/run-test-shell.js";
export { runStage, type StageRequest, shellTestAction } from "./test-shell/shell-test-action.js";
