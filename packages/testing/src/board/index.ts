export * from "./board-options.js";
export * from "./boot-scripted.js";
export { kernelChatter, kernelLog, kernelPanic } from "./kernel-log.js";
export { kernelNoise } from "./noise.js";
export * from "./scripted-board.js";
export { SimulatedBoard } from "./simulated-board.js";
