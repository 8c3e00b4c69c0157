export * from "./device-configs.js";
export * from "./documents.js";
