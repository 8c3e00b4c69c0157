import { lstatSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { sep } from "node:path";
import { wallClockMs } from "./clock.js";
import type { Loader, TemplateSource } from "./loader.js";

// A template is text somebody wrote; anything larger was put there by mistake.
const maxBytes = 1 << 20;

// File times are this coarse at worst; a file younger than that may change again without its times telling.
const coarsestTimeMs = 2000;

function isPlainName(name: string): boolean {
  if (name === "" || /[\\\0]/.test(name) || name.startsWith("/")) return false;
  return name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

const absent: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"]);

/** What `look` finds; undefined when there is nothing. */
function ifThere<T>(look: () => T | undefined): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error && absent.has(error.code)) return undefined;
    throw error;
  }
}

/** The facts of a template inside `folder`; undefined when it is not there, or leads out of it through a link. */
function factsOf(folder: string, name: string, path: string): Stats | undefined {
  return ifThere(() => {
    const own = lstatSync(path, { throwIfNoEntry: false });
    if (!own) return undefined;
    let facts = own;
    // A file right in the folder is inside it; a link, or a folder on the way that may be one, has to be followed.
    if (own.isSymbolicLink() || name.includes("/")) {
      const root = realpathSync.native(folder);
      const real = realpathSync.native(path);
      if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
      facts = statSync(real);
    }
    return facts.isFile() && facts.size <= maxBytes ? facts : undefined;
  });
}

interface Known {
  readonly stamp: string;
  readonly source: TemplateSource;
}

/**
 * Loads templates from folders, the first that has one winning (Jinja2's `FileSystemLoader` with a search path). Every render
 * asks the disk again, so a change is seen at once; names cannot lead out of the folders, links included.
 * @throws Error of `node:fs` when a file is there but cannot be read
 */
export function folderLoader(folders: readonly string[]): Loader {
  const known = new Map<string, Known>();
  return {
    getSource(name): TemplateSource | null {
      if (!isPlainName(name)) return null;
      for (const folder of folders) {
        const path = `${folder}${sep}${name}`;
        const facts = factsOf(folder, name, path);
        if (facts) return read(known, path, facts);
      }
      return null;
    },
  };
}

/** The text of a file, from memory as long as it cannot have changed. */
function read(known: Map<string, Known>, path: string, facts: Stats): TemplateSource {
  const stamp = `${facts.dev}:${facts.ino}:${facts.size}:${facts.mtimeMs}:${facts.ctimeMs}`;
  const before = known.get(path);
  if (before?.stamp === stamp) return before.source;
  const source = { src: readFileSync(path, "utf8"), path };
  if (facts.ctimeMs + coarsestTimeMs < wallClockMs()) known.set(path, { stamp, source });
  else known.delete(path);
  return source;
}
