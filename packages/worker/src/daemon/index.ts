export { type JobBookOptions, openJobBook } from "./job-book.js";
export type * from "./job-book-types.js";
