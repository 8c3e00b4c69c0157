/** A random UUID (RFC 9562 version 4) for a file system. */
export const randomUuid = (): string => globalThis.crypto.randomUUID();
