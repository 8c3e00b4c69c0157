export * from "./menu-actions.js";
export * from "./menu-steps.js";
