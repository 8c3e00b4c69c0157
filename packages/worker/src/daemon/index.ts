export { type JobBookOptions, openJobBook } from "./job-book.js";
export type * from "./job-book-types.js";
export { openWorkerLink, type WorkerLinkOptions } from "./link/worker-link.js";
export { type RunningWorker, type StartWorkerOptions, startWorker } from "./start-worker.js";
