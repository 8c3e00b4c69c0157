export * from "./environment.js";
export * from "./job-context.js";
export * from "./overridable.js";
export * from "./render-device.js";
