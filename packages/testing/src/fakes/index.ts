export * from "./fake-clock.js";
export * from "./fake-connections.js";
export * from "./fake-dispatcher.js";
export * from "./fake-downloader.js";
export * from "./fake-files.js";
export * from "./fake-power.js";
export * from "./fake-process-runner.js";
export * from "./fast-clock.js";
