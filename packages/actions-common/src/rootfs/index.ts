export * from "./apply-overlay-tftp.js";
export * from "./extract-actions.js";
export * from "./prepare-fit.js";
export * from "./prepare-kernel.js";
export * from "./ramdisk-actions.js";
export * from "./rootfs-slots.js";
export * from "./tftp-folder.js";
export * from "./tftp-size.js";
