import type { ConnectionEnd } from "./dealer.js";

/** What is told of a connection that ended; the other ends were told in the server's words. */
export const words: Readonly<Record<Exclude<ConnectionEnd, "stopped" | "refused" | "revoked">, string>> = {
  lost: "the connection with the master was lost",
  "key refused":
    "the master refused this worker's key: is its .key file in the master's folder, under this worker's name?",
  "no encryption there": "master and worker do not agree on encryption: both need --encrypt, or neither",
  "wrong server key":
    "the master hung up before encryption was set up: does it use encryption, and is this the copy of its own public key?",
  "hung up": "what listens there hung up at once: is it the master's port for workers, and does it want --encrypt?",
  "no answer": "the master did not answer HELLO",
  away: "the master has said nothing for too long",
};

/** How long to wait before the next try. */
export const waits: Readonly<Record<ConnectionEnd, { readonly leastMs: number; readonly mostMs: number }>> = {
  lost: { leastMs: 100, mostMs: 5_000 },
  away: { leastMs: 100, mostMs: 5_000 },
  "no answer": { leastMs: 500, mostMs: 10_000 },
  "wrong server key": { leastMs: 1_000, mostMs: 30_000 },
  "no encryption there": { leastMs: 1_000, mostMs: 30_000 },
  "hung up": { leastMs: 500, mostMs: 30_000 },
  "key refused": { leastMs: 1_000, mostMs: 30_000 },
  refused: { leastMs: 1_000, mostMs: 30_000 },
  revoked: { leastMs: 2_000, mostMs: 30_000 },
  stopped: { leastMs: 0, mostMs: 0 },
};
