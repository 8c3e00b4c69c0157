export { checkAllTexts, checkText } from "./check-text.js";
export { type ExportOptions, exportFolder } from "./export-folder.js";
export { type CheckHealthCheck, healthCheckAsJob } from "./health-check-job.js";
export { type ImportOptions, importFolder, type SyncReport } from "./import-folder.js";
export { keyText, type LabText } from "./layout.js";
export type { TextChange } from "./plan-import.js";
