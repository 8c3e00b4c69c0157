export { type OpenStoreOptions, openStore } from "./open-store.js";
export type * from "./rows.js";
export type { PoolFacts, Store } from "./store.js";
