export * from "./device-states.js";
export * from "./job-states.js";
export * from "./note.js";
export * from "./worker-states.js";
