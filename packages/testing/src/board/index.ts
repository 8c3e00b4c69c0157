export * from "./board-options.js";
export { kernelChatter, kernelLog, kernelPanic } from "./kernel-log.js";
export { kernelNoise } from "./noise.js";
export { SimulatedBoard } from "./simulated-board.js";
