export * from "./record.js";
export * from "./replay.js";
export * from "./transcript.js";
