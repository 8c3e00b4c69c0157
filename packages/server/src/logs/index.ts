export * from "./local-log-store.js";
export * from "./log-store.js";
