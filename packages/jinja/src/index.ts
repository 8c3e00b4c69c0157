export { createEnvironment, Environment, type EnvironmentOptions, type RenderContext } from "./environment.js";
export { JinjaError, type JinjaErrorCode, type TemplatePosition } from "./errors.js";
export { defineFilters, defineTests } from "./extend.js";
export { lavaFilters } from "./filters/lava.js";
export { defaultLimits, type Limits } from "./limits.js";
export { choiceLoader, type Loader, mapLoader, type TemplateSource } from "./loader.js";
export type { Builtin, Builtins } from "./runtime/builtin.js";
export type { UndefinedKind } from "./runtime/undefined.js";
export type { Value } from "./runtime/values.js";
