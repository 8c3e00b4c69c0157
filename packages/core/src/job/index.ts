export * from "./display-url.js";
export * from "./job.js";
export * from "./timeout.js";
export * from "./to-job.js";
