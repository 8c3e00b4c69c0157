export * from "./board/index.js";
export * from "./contract/expect-manifest-matches.js";
export * from "./fakes/index.js";
export * from "./plan/index.js";
export { default } from "./plugin.js";
export * from "./serial/index.js";
export * from "./transcript/index.js";
