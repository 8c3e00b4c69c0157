import { applicable } from "./applicable.js";
import type { JsonSchema } from "./json-schema.js";

/**
 * Schemas that speak about one value. Many values of a job have the same ones (each of a thousand test definitions), so what they say of keys
 * is worked out once for each group.
 */
export interface SchemaGroup {
  readonly schemas: readonly JsonSchema[];
  /** They say nothing of what stands in a value. */
  readonly isSilent: boolean;
  /** Those that speak about this list or mapping, with the branches that apply to it. */
  speakingAbout(value: object): SchemaGroup;
  /** Of a list's members. */
  items(): SchemaGroup;
  /** Of the value of a key: those that name it, else those for other keys. */
  ofKey(key: string): SchemaGroup;
}

/** What a schema says of keys. */
interface KeyRules {
  readonly named: ReadonlyMap<string, JsonSchema>;
  readonly patterns: readonly (readonly [RegExp, JsonSchema])[];
  readonly others: readonly JsonSchema[];
}

const rulesOf = new WeakMap<JsonSchema, KeyRules>();

function keyRules(schema: JsonSchema): KeyRules {
  const known = rulesOf.get(schema);
  if (known) return known;
  const { properties = {}, patternProperties = {}, additionalProperties } = schema;
  const rules: KeyRules = {
    named: new Map(Object.entries(properties)),
    patterns: Object.entries(patternProperties).map(([pattern, sub]) => [new RegExp(pattern), sub] as const),
    others: typeof additionalProperties === "object" ? [additionalProperties] : [],
  };
  rulesOf.set(schema, rules);
  return rules;
}

function schemasOfKey({ named, patterns, others }: KeyRules, key: string): readonly JsonSchema[] {
  const own = named.get(key);
  const matching = patterns.flatMap(([pattern, sub]) => (pattern.test(key) ? [sub] : []));
  const about = own ? [own, ...matching] : matching;
  return about.length > 0 ? about : others;
}

const speaks = ["properties", "patternProperties", "items", "allOf", "anyOf", "oneOf", "if"] as const;

const isSilent = (schema: JsonSchema): boolean =>
  typeof schema.additionalProperties !== "object" && !speaks.some((key) => schema[key] !== undefined);

/** Whether it depends on more than a value's type which of its branches apply. */
const isConditional = (schema: JsonSchema): boolean =>
  schema.if !== undefined ||
  [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some(isConditional);

interface Node {
  readonly next: Map<JsonSchema, Node>;
  group?: SchemaGroup;
}

const groupsOf = new WeakMap<JsonSchema, { readonly root: Node; count: number }>();

/** Each value chooses its branches of a schema, and nobody knows how many groups that makes in a server's life. */
const mostGroups = 2_000;

/** The group of a schema alone, from which all others are reached. It is kept for as long as the schema lives. */
export function schemaGroup(schema: JsonSchema): SchemaGroup {
  let known = groupsOf.get(schema);
  if (!known || known.count > mostGroups) {
    known = { root: { next: new Map() }, count: 0 };
    groupsOf.set(schema, known);
  }
  const all = known;
  const groupOf = (schemas: readonly JsonSchema[]): SchemaGroup => {
    let node = all.root;
    for (const one of schemas) {
      const next = node.next.get(one) ?? { next: new Map() };
      node.next.set(one, next);
      node = next;
    }
    if (!node.group) {
      node.group = makeGroup(schemas, groupOf);
      all.count++;
    }
    return node.group;
  };
  return groupOf([schema]);
}

function makeGroup(
  schemas: readonly JsonSchema[],
  groupOf: (schemas: readonly JsonSchema[]) => SchemaGroup,
): SchemaGroup {
  const rules = schemas.map(keyRules);
  const withPatterns = rules.some(({ patterns }) => patterns.length > 0);
  const conditional = schemas.some(isConditional);
  const speaking: { list?: SchemaGroup; mapping?: SchemaGroup } = {};
  const named = new Map<string, SchemaGroup>();
  let items: SchemaGroup | undefined;
  let others: SchemaGroup | undefined;

  function findOfKey(key: string): SchemaGroup {
    if (withPatterns || rules.some((one) => one.named.has(key))) {
      const group = groupOf(rules.flatMap((one) => schemasOfKey(one, key)));
      // names are few; what a job calls its own things need not be
      if (rules.some((one) => one.named.has(key))) named.set(key, group);
      return group;
    }
    others ??= groupOf(rules.flatMap((one) => one.others));
    return others;
  }

  return {
    schemas,
    isSilent: schemas.every(isSilent),
    speakingAbout(value) {
      const find = (): SchemaGroup => groupOf(schemas.flatMap((one) => applicable(one, value)));
      if (conditional) return find();
      const kind = Array.isArray(value) ? "list" : "mapping";
      speaking[kind] ??= find();
      return speaking[kind];
    },
    items() {
      items ??= groupOf(schemas.flatMap((one) => one.items ?? []));
      return items;
    },
    ofKey: (key) => named.get(key) ?? findOfKey(key),
  };
}
