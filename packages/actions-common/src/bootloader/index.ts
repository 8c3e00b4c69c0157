export * from "./boot-bootloader.js";
export * from "./boot-slots.js";
export * from "./bootloader-actions.js";
export * from "./bootloader-overlay.js";
export * from "./bootloader-settings.js";
export * from "./bootscript.js";
export * from "./from-media.js";
export * from "./substitutions.js";
