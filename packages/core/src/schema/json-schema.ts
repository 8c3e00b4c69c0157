/** A JSON Schema 2020-12, as far as Basalt's schemas go. Two annotations are ours. */
export interface JsonSchema {
  readonly $id?: string;
  readonly $schema?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  /** {@link madeByServer} keeps a part out of the reference. */
  readonly $comment?: string;
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly unevaluatedProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly required?: readonly string[];
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
  readonly else?: JsonSchema;
  /** What is expected, in words, where the keywords would not read well: "a timeout such as {minutes: 5}". */
  readonly "x-expected"?: string;
  /** What the strict schema puts in the place of this one. */
  readonly "x-strict"?: JsonSchema;
}

/** `$comment` of a part that only a server writes. */
export const madeByServer = "made by a server";

/** `text` says what the value is for; the reference of job keys is made of these. */
export const text = (description: string, more: JsonSchema = {}): JsonSchema => ({
  type: "string",
  description,
  ...more,
});

/** A yes-or-no value. */
export const flag = (description: string, more: JsonSchema = {}): JsonSchema => ({
  type: "boolean",
  description,
  ...more,
});

/** A list of strings. */
export const texts = (description: string, more: JsonSchema = {}): JsonSchema => ({
  type: "array",
  items: { type: "string" },
  description,
  ...more,
});

/** A string or a list of strings. */
export const textOrTexts = (description: string, more: JsonSchema = {}): JsonSchema => ({
  anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
  description,
  ...more,
});

/** A definition of core for use in another schema: `common("url", "The kernel.")`. */
export const common = (name: string, description?: string): JsonSchema => ({
  $ref: `basalt:common#/$defs/${name}`,
  ...(description === undefined ? {} : { description }),
});

/** The part of an object that depends on the value of one key: exactly one branch is checked, and only its errors are told. */
export function discriminate(key: string, branches: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return {
    required: [key],
    properties: { [key]: { enum: Object.keys(branches) } },
    allOf: Object.entries(branches).map(([value, schema]) =>
      when({ required: [key], properties: { [key]: { const: value } } }, schema),
    ),
  };
}

/**
 * A condition as a part of `allOf`: beside `$ref`, ajv forgets which keys were named when an `if` of the same schema
 * does not hold.
 */
export const when = (condition: JsonSchema, schema: JsonSchema, otherwise?: JsonSchema): JsonSchema => ({
  if: condition,
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: schema,
  ...(otherwise === undefined ? {} : { else: otherwise }),
});
