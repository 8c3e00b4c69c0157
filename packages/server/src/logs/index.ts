export * from "./local-log-store.js";
export type { LogPage, PageQuery } from "./log-page.js";
export * from "./log-store.js";
