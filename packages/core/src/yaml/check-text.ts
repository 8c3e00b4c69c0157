import type { YamlLimits } from "./limits.js";
import { positionAt } from "./position.js";
import { type YamlSource, yamlError } from "./yaml-error.js";

// YAML 1.1 section 5.1, as libyaml and PyYAML check it.
const unprintable =
  /[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x84\x86-\x9F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?:[^\uD800-\uDBFF]|^)[\uDC00-\uDFFF]/;

/** Refuses what is too long to be read, and characters that YAML does not allow. */
export function checkText(source: YamlSource, limits: YamlLimits): void {
  const { text } = source;
  if (text.length > limits.maxLength) {
    const reason = `the document has ${text.length} characters, more than the limit of ${limits.maxLength}`;
    throw yamlError(source, "ERR_YAML_SIZE", { reason, at: positionAt(text, 0) });
  }
  const found = unprintable.exec(text);
  if (!found) return;
  const offset = found.index + found[0].length - 1;
  const name = `U+${text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, "0")}`;
  const reason = `the character ${name} is not allowed; in double quotes write it as an escape`;
  throw yamlError(source, "ERR_YAML_CHARACTER", { reason, at: positionAt(text, offset) });
}
