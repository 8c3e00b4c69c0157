export type { ProcessSignals } from "./cancel-signals.js";
export { type CompatibleSide, compareCompatibility } from "./compatibility.js";
export { type EndRecord, type JobStart, jobFolderVariable } from "./job-folder.js";
export { type RescueOptions, rescueJob } from "./rescue-job.js";
export { type JobProcessOptions, type JobSetUp, runJobProcess } from "./run-job-process.js";
