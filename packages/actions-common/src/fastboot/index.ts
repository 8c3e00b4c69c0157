export * from "./fastboot-actions.js";
export * from "./fastboot-client.js";
export * from "./fastboot-entry.js";
