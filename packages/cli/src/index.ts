export { exitStatus } from "./exit-status.js";
export type { Io, OutputStream } from "./io.js";
export { main } from "./main.js";
export { processIo } from "./process-io.js";
