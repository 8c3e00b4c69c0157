export * from "./fake-shell.js";
export * from "./line-faults.js";
export * from "./virtual-serial.js";
