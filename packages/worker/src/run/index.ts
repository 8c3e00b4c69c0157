export { allOf, type Container, createContainer, jobContainer, resolver, type Service } from "./container.js";
export { deviceServices } from "./device-services.js";
export { deviceConnections, devicePower } from "./drivers.js";
export { type JobHost, type OpenHostOptions, openHost } from "./open-host.js";
export { type EndedJob, type RunOnHostOptions, runOnHost } from "./run-on-host.js";
