export * from "./journal.js";
export { formatLogLine } from "./log-line.js";
export * from "./log-record.js";
export * from "./mask.js";
