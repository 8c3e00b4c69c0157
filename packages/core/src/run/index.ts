export * from "./action-context.js";
export * from "./job-run.js";
export * from "./log.js";
export * from "./open-console.js";
export * from "./open-consoles.js";
export * from "./run-job.js";
