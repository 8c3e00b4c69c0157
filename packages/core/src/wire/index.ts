export { countLines } from "./check-body.js";
export { type Decoded, decodeFromServer, decodeFromWorker, encodeMessage } from "./codec.js";
export { nameField as workerNameField } from "./fields.js";
export * from "./messages.js";
