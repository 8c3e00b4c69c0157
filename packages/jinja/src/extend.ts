import { type Builtins, builtins } from "./runtime/builtin.js";

type Definitions = Parameters<typeof builtins>[0];

/**
 * Filters of one's own: `[name, signature, body]`. The signature names the parameters, `=` after one that may be left out,
 * `*` and `**` for the rest; the body gets the render's context, the filtered value and the arguments as Python values.
 */
export const defineFilters = (definitions: Definitions): Builtins => builtins(definitions);

/** Tests of one's own, written as {@link defineFilters}; the body returns a boolean. */
export const defineTests = (definitions: Definitions): Builtins => builtins(definitions);
