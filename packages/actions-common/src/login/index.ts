export * from "./kernel-scan.js";
export * from "./login-action.js";
export * from "./login-plan.js";
