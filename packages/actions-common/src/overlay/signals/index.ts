export { checksum } from "./checksum.js";
export { readSignal, type Signal, type SignalText, signalPattern } from "./signal.js";
export { type Received, type Rest, SignalStream } from "./signal-stream.js";
export * from "./test-recorder.js";
