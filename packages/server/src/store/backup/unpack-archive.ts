import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { configurationError } from "@basalt/core";
import * as tar from "tar-stream";
import { type ArchiveHead, endName, headName, isInside, parseHead } from "./archive-entries.js";
import type { OnProgress } from "./progress.js";

interface UnpackOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnProgress | undefined;
}

const damaged = (archive: string, why: string, cause?: unknown) =>
  configurationError(
    "ERR_BACKUP_DAMAGED",
    `the backup ${archive} is damaged: ${why}; nothing was changed; restore another backup`,
    {
      cause,
      details: { archive },
    },
  );

interface Place {
  readonly into: string;
  readonly signal: AbortSignal;
}

async function unpackEntry(
  { name, type, mode }: tar.Header,
  content: Readable,
  { into, signal }: Place,
): Promise<void> {
  // our archives hold plain files only; a link could lead out of the folder
  if (type !== "file" || !isInside(name))
    throw new Error(`it has an entry that no backup of ours has: ${type} ${name}`);
  const path = join(into, name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await pipeline(content, createWriteStream(path, { mode: mode & 0o777, flags: "wx" }), { signal });
}

/** Unpacks an archive of {@link import("./write-archive.js").writeArchive} into an empty folder. Throws `ERR_BACKUP_FORMAT` and `ERR_BACKUP_DAMAGED`. */
export async function unpackArchive(archive: string, into: string, options: UnpackOptions): Promise<ArchiveHead> {
  const { signal, onProgress } = options;
  let head: ArchiveHead | undefined;
  let ended = false;
  // an entry that the archive ends in would be waited for for ever
  const broken = new AbortController();
  const either = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal;
  try {
    const extract = tar.extract();
    const fed = pipeline(createReadStream(archive), extract as unknown as Writable, { signal: either });
    fed.catch((error: unknown) => broken.abort(error));
    for await (const entry of extract) {
      const { name, size = 0 } = entry.header;
      if (head === undefined) head = parseHead(name === headName ? await text(entry) : "", archive);
      else if (name === endName) ended = (await text(entry)).length > 0;
      else await unpackEntry(entry.header, entry as unknown as Readable, { into, signal: either });
      onProgress?.({ kind: "file", name, bytes: size });
    }
    await fed;
  } catch (error) {
    signal?.throwIfAborted();
    const reason: unknown = broken.signal.aborted ? broken.signal.reason : error;
    if (head !== undefined) throw damaged(archive, (reason as Error).message, reason);
    parseHead("", archive);
  }
  if (head === undefined) return parseHead("", archive);
  if (!ended) throw damaged(archive, "it ends too early");
  return head;
}
