export * from "./backup.js";
export { type OpenStoreOptions, openStore } from "./open-store.js";
export type * from "./rows.js";
export { deviceHealths, deviceStates, jobHealths, jobStates, workerHealths, workerStates } from "./rows.js";
export { type SchemaFacts, schemaFacts } from "./schema-facts.js";
export type { PoolFacts, Store } from "./store.js";
