import { blockDefs } from "./common-defs.js";
import type { JsonSchema } from "./json-schema.js";
import { testDefs } from "./test-defs.js";

/** The definitions that job and plugin schemas share; refer to one as `basalt:common#/$defs/url`. */
export const commonSchema: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "basalt:common",
  $defs: { ...blockDefs, ...testDefs },
};
