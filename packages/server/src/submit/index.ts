export * from "./check-job-here.js";
export * from "./checked-jobs.js";
export * from "./choose-devices.js";
export * from "./insert-job.js";
export * from "./job-columns.js";
export * from "./refusals.js";
export * from "./split-multinode.js";
export * from "./submit-job.js";
