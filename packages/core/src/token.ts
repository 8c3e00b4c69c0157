/** A name for a service of this worker or device. Equal across duplicate installs of core. */
export interface Token<T> {
  readonly key: symbol;
  readonly _type?: (value: T) => T; // phantom
}

// biome-ignore lint/suspicious/noExplicitAny: a token is invariant in its type, so only `any` admits all tokens
export type AnyToken = Token<any>;
export type Tokens = Readonly<Record<string, AnyToken>>;
export type Services<N extends Tokens> = { readonly [K in keyof N]: N[K] extends Token<infer T> ? T : never };

/** Makes a token; `id` is what error messages call the service. */
export const token = <T>(id: string): Token<T> => Object.freeze({ key: Symbol.for(`@basalt/core/${id}@1`) });

/** Finds a service by its token; throws ERR_SERVICE_MISSING (configuration) where there is none. */
export type Resolve = <T>(wanted: Token<T>) => T;
