export * from "./journal.js";
export * from "./log-record.js";
export * from "./mask.js";
