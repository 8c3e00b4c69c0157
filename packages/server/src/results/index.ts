export * from "./log-intake.js";
export * from "./parse-result.js";
