export * from "./lab-state.js";
export * from "./pass.js";
export * from "./scheduler.js";
