export { type DefinitionEntry, definitionsOf } from "./definitions.js";
export { commonScripts, multinodeScripts } from "./helper-scripts.js";
export { isMultinode } from "./overlay-actions.js";
export * from "./overlay-plan.js";
export { shellQuoted } from "./shell-text.js";
