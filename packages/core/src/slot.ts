/** A typed name for a value that one action hands to a later one, kept per LAVA namespace. */
export interface Slot<T> {
  readonly id: string;
  /** Set by {@link inNamespace}: read from (or written to) that namespace, not the action's own. */
  readonly namespace?: string;
  /** Set by {@link optional}: reading gives `undefined` where nothing wrote it. */
  readonly optional?: true;
  readonly _type?: (value: T) => T; // phantom: makes Slot<A> and Slot<B> incompatible
}

// biome-ignore lint/suspicious/noExplicitAny: a slot is invariant in its type, so only `any` admits all slots
export type AnySlot = Slot<any>;
export type Slots = Readonly<Record<string, AnySlot>>;
export type Values<S extends Slots> = { readonly [K in keyof S]: S[K] extends Slot<infer T> ? T : never };

/** Makes a slot. Ids are global: prefix them with the family that owns them, like `deploy.kernel`. */
export const slot = <T>(id: string): Slot<T> => Object.freeze({ id });

/** The same slot, read as `undefined` where no earlier action wrote it. */
export const optional = <T>(of: Slot<T>): Slot<T | undefined> =>
  Object.freeze({ ...of, optional: true as const }) as unknown as Slot<T | undefined>;

/** The same slot of another namespace, as `connection-namespace` and `downloads-namespace` name it. */
export const inNamespace = <T>(of: Slot<T>, namespace: string): Slot<T> => Object.freeze({ ...of, namespace });
