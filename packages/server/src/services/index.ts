export type { ServiceOptions, ServiceSettings } from "./context.js";
export { splitFilter } from "./filters.js";
export * from "./make-services.js";
export * from "./types.js";
