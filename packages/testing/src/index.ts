export * from "./fakes/index.js";
export * from "./plan/index.js";
