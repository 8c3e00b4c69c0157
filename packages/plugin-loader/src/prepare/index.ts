export { checkDriverSettings } from "./check-driver-settings.js";
export { type CheckJobOptions, checkJob } from "./check-job.js";
export { checkDrivers, unknownDriver, type WantedDriver } from "./known-drivers.js";
export { orderProblem } from "./order-problem.js";
export * from "./prepare-job.js";
export { type NamedText, readDevice } from "./read-device.js";
