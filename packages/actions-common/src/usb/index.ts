export * from "./usb-devices.js";
export * from "./wait-actions.js";
