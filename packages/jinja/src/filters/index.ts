import type { Builtins } from "../runtime/builtin.js";
import { attrFilters } from "./attr.js";
import { htmlFilters } from "./html.js";
import { numberFilters } from "./number.js";
import { pprintFilters } from "./pprint.js";
import { selectFilters } from "./select.js";
import { sequenceFilters } from "./sequence.js";
import { textFilters } from "./text.js";
import { jsonFilters } from "./to-json.js";

/** All filters of Jinja2 3.1. */
export const filters: Builtins = new Map([
  ...attrFilters,
  ...htmlFilters,
  ...jsonFilters,
  ...numberFilters,
  ...pprintFilters,
  ...selectFilters,
  ...sequenceFilters,
  ...textFilters,
]);
