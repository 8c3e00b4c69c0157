export { documentLimits, type YamlLimits } from "./limits.js";
export type { Locator } from "./locate.js";
export { formatPath, type YamlPath } from "./path.js";
export type { Position } from "./position.js";
export { pythonStr, pythonText } from "./python-text.js";
export { type ReadDocumentOptions, readYaml, type YamlDocument } from "./read-yaml.js";
export { type ReadYamlOptions, readYamlFast } from "./read-yaml-fast.js";
export type { YamlWarning } from "./repeated-keys.js";
