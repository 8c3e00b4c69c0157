export * from "./devices/index.js";
export * from "./jobs/channels.js";
export * from "./jobs/job-life.js";
export { type Lab, type LabOptions, openLab } from "./lab.js";
export * from "./link/index.js";
export * from "./logs/index.js";
export type { DeviceIdentity, JobIdentity, ObjectPermission, Person } from "./people/rights.js";
export type * from "./services/types.js";
export * from "./store/index.js";
