import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type DownloadRequest, displayUrl, jobError } from "@basalt/core";
import { diskError } from "../files/disk-error.js";
import type { Algorithm, Sums } from "./part-file.js";

type Wanted = Pick<DownloadRequest, "url" | "md5sum" | "sha256sum" | "sha512sum">;

/** The sums a request names, in lower case. */
export function wantedSums({ md5sum, sha256sum, sha512sum }: Wanted): Sums {
  const named = { md5: md5sum, sha256: sha256sum, sha512: sha512sum };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, sum]) => (sum === undefined ? [] : [[name, sum.trim().toLowerCase()]])),
  );
}

/** What is computed of a request's file: sha256 always, the others when asked for. */
export const algorithmsOf = (wanted: Sums): readonly Algorithm[] =>
  (["md5", "sha256", "sha512"] as const).filter((name) => name === "sha256" || wanted[name] !== undefined);

/** Throws ERR_DOWNLOAD_CHECKSUM (job), naming both sums, where one differs. */
export function checkSums(request: Wanted, sums: Sums): void {
  for (const [name, wanted] of Object.entries(wantedSums(request)) as [Algorithm, string][]) {
    const got = sums[name];
    if (got === wanted) continue;
    throw jobError(
      "ERR_DOWNLOAD_CHECKSUM",
      `${name}sum of ${displayUrl(request.url)} does not match: the job says ${wanted}, the file served has ${got}; correct the job, or the file`,
      { details: { algorithm: name, expected: wanted, actual: got } },
    );
  }
}

/** Sums of a file on disk. */
export async function hashFile(path: string, algorithms: readonly Algorithm[], signal: AbortSignal): Promise<Sums> {
  const hashes = algorithms.map((algorithm) => [algorithm, createHash(algorithm)] as const);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      signal.throwIfAborted();
      for (const [, hash] of hashes) hash.update(chunk as Buffer);
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw diskError("read", path, cause);
  }
  return Object.fromEntries(hashes.map(([algorithm, hash]) => [algorithm, hash.digest("hex")]));
}
