export * from "./consoles.js";
export * from "./dispatcher.js";
export * from "./downloader.js";
export * from "./file-server.js";
export * from "./files.js";
export * from "./power.js";
export * from "./process.js";
