import { hash, verify } from "@node-rs/argon2";

/** OWASP's smallest for argon2id: 19 MiB, two passes. A board farm's server has better use for memory. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The shortest a person may choose. */
export const shortestPassword = 8;

export const hashPassword = (password: string): Promise<string> => hash(password, cost);

let dummy: Promise<string> | undefined;

/**
 * Whether a password is the one of a hash. Without a hash (no such user, or one who cannot log in with a password) it takes as long and
 * says no: the time must not tell which names there are.
 */
export async function passwordMatches(stored: string | null | undefined, password: string): Promise<boolean> {
  dummy ??= hashPassword("nobody's");
  const matches = await verify(stored ?? (await dummy), password).catch(() => false);
  return matches && typeof stored === "string";
}
