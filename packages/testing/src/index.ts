export * from "./board/index.js";
export * from "./fakes/index.js";
export * from "./plan/index.js";
export * from "./serial/index.js";
