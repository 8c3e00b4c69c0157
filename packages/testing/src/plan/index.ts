export * from "./fake-steps.js";
export * from "./inline-test.js";
export * from "./plan-of.js";
export * from "./planned-names.js";
export type { WrittenSlots } from "./record-outputs.js";
export * from "./run-deploy.js";
export * from "./run-plan.js";
