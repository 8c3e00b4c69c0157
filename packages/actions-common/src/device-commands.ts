// core has it, so that power and connection drivers may use it too
export { type DeviceCommandOptions, runDeviceCommands } from "@basalt/core";
