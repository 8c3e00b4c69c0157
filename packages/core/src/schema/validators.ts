import { Validator as Interpreter } from "@cfworker/json-schema";
import type { ErrorObject, ValidateFunction } from "ajv";
import { inlineRefs } from "./inline-refs.js";
import type { JsonSchema } from "./json-schema.js";

/** A schema ready to check values. */
export interface Validator {
  /** The schema without references. */
  readonly schema: JsonSchema;
  /** What ajv says against a value; nothing where it is fine. */
  validate(value: unknown): Promise<readonly ErrorObject[]>;
}

type Compile = (schema: JsonSchema) => ValidateFunction;

let compiler: Promise<Compile> | undefined;

function loadCompiler(): Promise<Compile> {
  compiler ??= import("ajv/dist/2020.js").then(({ Ajv2020 }) => {
    const ajv = new Ajv2020({
      allErrors: true,
      verbose: true, // errors carry their schema
      strict: false,
      validateSchema: false, // tests check our schemas
      meta: false,
      messages: false,
      logger: false,
      code: { optimize: false },
    });
    return (schema) => ajv.compile(schema);
  });
  return compiler;
}

/** From here on a compiled schema has paid for itself: it takes a tenth of the interpreter's time for each value. */
const worthCompiling = 50;

/**
 * Makes a validator of a schema that may refer to core's definitions. Most values are fine, and ajv takes 25 ms to load
 * and 120 ms to compile the schemas of one job: an interpreter of JSON Schema (15 ms) says whether ajv is needed at all.
 * A server checks thousands of jobs: there ajv takes over.
 */
export function makeValidator(schema: JsonSchema): Validator {
  const inlined = inlineRefs(schema);
  const interpreter = new Interpreter(inlined as ConstructorParameters<typeof Interpreter>[0], "2020-12", true);
  let compiled: ValidateFunction | undefined;
  let uses = 0;
  const validate = async (value: unknown): Promise<readonly ErrorObject[]> => {
    if (!compiled && ++uses <= worthCompiling && interpreter.validate(value).valid) return [];
    const compile = await loadCompiler();
    // whoever came meanwhile has made it
    compiled ??= compile(inlined);
    return compiled(value) ? [] : (compiled.errors ?? []);
  };
  return { schema: inlined, validate };
}

interface Kept {
  readonly schemas: readonly object[];
  readonly validator: Validator;
}

const kept = new WeakMap<object, Map<string, Kept>>();

/** A validator made of one or more schemas, made once for as long as the first of them lives. */
export function validatorOf(name: string, schemas: readonly [object, ...object[]], make: () => JsonSchema): Validator {
  const kinds = kept.get(schemas[0]) ?? new Map<string, Kept>();
  kept.set(schemas[0], kinds);
  const found = kinds.get(name);
  if (found && found.schemas.length === schemas.length && found.schemas.every((one, at) => one === schemas[at]))
    return found.validator;
  const validator = makeValidator(make());
  kinds.set(name, { schemas, validator });
  return validator;
}
