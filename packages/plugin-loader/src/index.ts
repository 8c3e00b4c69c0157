export * from "./catalog.js";
export * from "./check-compatibility.js";
export * from "./compare-manifest.js";
export * from "./load-plugin.js";
export * from "./manifest.js";
export * from "./needed-plugins.js";
export * from "./prepare/index.js";
export * from "./read-manifest.js";
