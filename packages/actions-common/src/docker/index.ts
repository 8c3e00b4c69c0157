export * from "./compose-project.js";
export * from "./container-options.js";
export * from "./docker-command.js";
export * from "./docker-spec.js";
export * from "./run-in-docker.js";
