export * from "./link/index.js";
