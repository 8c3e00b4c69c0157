import { createHash } from "node:crypto";
import { Transform } from "node:stream";

/** One thing that is done, of a backup or a restore. */
export interface Progress {
  readonly kind: "table" | "file";
  readonly name: string;
  /** Uncompressed. */
  readonly bytes: number;
  /** Of a table. */
  readonly rows?: number;
}

export type OnProgress = (progress: Progress) => void;

/** A stream that lets everything pass and knows its length and SHA-256 afterwards. */
export function makeMeter(): { readonly stream: Transform; bytes(): number; sha256(): string } {
  const hash = createHash("sha256");
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes, sha256: () => hash.digest("hex") };
}
