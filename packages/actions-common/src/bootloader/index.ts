export * from "./boot-slots.js";
export * from "./bootloader-actions.js";
export * from "./bootloader-overlay.js";
export * from "./bootloader-settings.js";
export * from "./substitutions.js";
