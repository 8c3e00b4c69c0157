import { configurationError } from "@basalt/core";

/** First entry of an archive. */
export interface ArchiveHead {
  readonly format: number;
  readonly createdAt: string;
  /** Folders that came with the database; each is `folders/NAME/` in the archive. */
  readonly folders: readonly string[];
}

export const archiveFormat = 1;
export const headName = "basalt-backup.json";
/** Last entry: an archive that was cut short lacks it. */
export const endName = "basalt-backup.end";

const isHead = (value: unknown): value is ArchiveHead => {
  const head = value as ArchiveHead | null;
  return (
    typeof head === "object" &&
    head !== null &&
    head.format === archiveFormat &&
    Array.isArray(head.folders) &&
    head.folders.every((name) => /^[a-z][a-z0-9-]*$/.test(name))
  );
};

/** Checks the first entry's content. Throws `ERR_BACKUP_FORMAT`. */
export function parseHead(text: string, archive: string): ArchiveHead {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    // told below
  }
  if (isHead(head)) return head;
  throw configurationError(
    "ERR_BACKUP_FORMAT",
    `${archive} is not a backup that this Basalt can read (its ${headName} says otherwise): choose another file, or restore it with the version that made it`,
    { details: { archive } },
  );
}

/** Whether a path inside an archive stays inside the folder it is unpacked to. */
export const isInside = (name: string): boolean =>
  /^(?:database|folders)\//.test(name) && !name.split("/").some((part) => part === "..") && !name.includes("\0");
