export * from "./constants.js";
export * from "./deployment-data.js";
export * from "./device.js";
export * from "./power-facts.js";
