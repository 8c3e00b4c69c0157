import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationError } from "@basalt/core";

/** One table of a backup: `tables/NAME.copy.gz` holds its rows in COPY's text format, which PostgreSQL 15 to 18 read alike. */
export interface TableEntry {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** Of the text before compression. */
  readonly bytes: number;
  readonly sha256: string;
}

export interface SequenceEntry {
  readonly name: string;
  /** The last number given out; null where none was. */
  readonly value: number | null;
}

/** `manifest.json` of a database backup. */
export interface BackupManifest {
  /** Of this layout; one that is higher than ours can't be read. */
  readonly format: number;
  readonly createdAt: string;
  readonly postgres: string;
  /** That the database had had, oldest first. */
  readonly migrations: readonly string[];
  readonly tables: readonly TableEntry[];
  readonly sequences: readonly SequenceEntry[];
}

export const manifestFormat = 1;
export const manifestName = "manifest.json";
export const tableFile = (name: string): string => join("tables", `${name}.copy.gz`);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isText = (value: unknown): value is string => typeof value === "string";
const texts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
/** Names become SQL and paths: only such as our migrations make. */
const isName = (value: unknown): value is string => isText(value) && /^[a-z_][a-z0-9_]*$/.test(value);

const isTable = (value: unknown): value is TableEntry =>
  isObject(value) &&
  isName(value.name) &&
  texts(value.columns) &&
  value.columns.every(isName) &&
  Number.isSafeInteger(value.rows) &&
  Number.isSafeInteger(value.bytes) &&
  isText(value.sha256);

const isSequence = (value: unknown): value is SequenceEntry =>
  isObject(value) && isName(value.name) && (value.value === null || Number.isSafeInteger(value.value));

const isManifest = (value: unknown): value is BackupManifest =>
  isObject(value) &&
  value.format === manifestFormat &&
  isText(value.createdAt) &&
  isText(value.postgres) &&
  texts(value.migrations) &&
  Array.isArray(value.tables) &&
  value.tables.every(isTable) &&
  Array.isArray(value.sequences) &&
  value.sequences.every(isSequence);

/** Reads and checks the manifest of a backup folder. Throws `ERR_BACKUP_FORMAT` or `ERR_BACKUP_NEWER`. */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const path = join(folder, manifestName);
  let found: unknown;
  try {
    found = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw configurationError(
      "ERR_BACKUP_FORMAT",
      `${folder} is no database backup: reading ${manifestName} failed: ${(cause as Error).message}`,
      { cause, details: { path } },
    );
  }
  if (isManifest(found)) return found;
  const format = isObject(found) ? found.format : undefined;
  if (typeof format === "number" && format > manifestFormat) {
    throw configurationError(
      "ERR_BACKUP_NEWER",
      `the backup ${folder} has format ${format}, and this Basalt reads up to ${manifestFormat}: restore it with the version that made it, or a newer one`,
      { details: { path, format } },
    );
  }
  throw configurationError(
    "ERR_BACKUP_FORMAT",
    `${path} is not the manifest of a database backup: restore another backup`,
    {
      details: { path },
    },
  );
}
