/** The part of JSON Schema that headers are written in; their types are made of it. */
export type FieldSchema =
  | { readonly type: "integer"; readonly minimum: number; readonly maximum: number }
  | { readonly type: "number"; readonly minimum: number; readonly maximum: number }
  | {
      readonly type: "string";
      readonly enum?: readonly string[];
      readonly pattern?: string;
      readonly maxLength?: number;
    }
  | { readonly type: "array"; readonly items: FieldSchema; readonly maxItems: number }
  | ObjectSchema;

export interface ObjectSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, FieldSchema>>;
  readonly required: readonly string[];
}

/** The type of what a schema accepts. */
export type FromSchema<S> = S extends { readonly type: "string"; readonly enum: readonly (infer E)[] }
  ? E
  : S extends { readonly type: "string" }
    ? string
    : S extends { readonly type: "integer" | "number" }
      ? number
      : S extends { readonly type: "array"; readonly items: infer I }
        ? readonly FromSchema<I>[]
        : S extends { readonly type: "object"; readonly properties: infer P; readonly required: readonly (infer R)[] }
          ? { readonly [K in keyof P & R]: FromSchema<P[K]> } & {
              readonly [K in Exclude<keyof P, R>]?: FromSchema<P[K]>;
            }
          : never;

/** A job's number. */
export const jobField = { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER } as const;
/** A count of log lines, or a line's number from 0. */
export const lineField = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
/** A worker's name, as LAVA's slaves take it: the name of its key's file too, so no path. */
export const nameField = { type: "string", pattern: "^(?!\\.)[-_a-zA-Z0-9.]+$", maxLength: 100 } as const;
/** Seconds between PINGs. */
export const intervalField = { type: "number", minimum: 0.01, maximum: 3600 } as const;
export const versionField = { type: "string", maxLength: 100 } as const;
/** A stable `ERR_*` code. */
export const codeField = { type: "string", pattern: "^[A-Z][A-Z0-9_]*$", maxLength: 100 } as const;
/** Words for people. */
export const wordsField = { type: "string", maxLength: 10_000 } as const;
/** 32 bytes as hex. */
export const hex32Field = { type: "string", pattern: "^[0-9a-f]{64}$" } as const;
