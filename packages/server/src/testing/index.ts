/** What tests of other packages borrow: `@basalt/server/testing`, there from the sources only. */
export { debianPostgres, hasDebianPostgres } from "./debian-postgres.js";
export { testStore } from "./test-store.js";
