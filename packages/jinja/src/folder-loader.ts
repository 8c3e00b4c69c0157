import { readFileSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { Loader, TemplateSource } from "./loader.js";

// A template is text somebody wrote; anything larger was put there by mistake.
const maxBytes = 1 << 20;

function isPlainName(name: string): boolean {
  if (name === "" || /[\\\0]/.test(name) || name.startsWith("/")) return false;
  return name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** The real path of a template inside `folder`; undefined when it is not there or leads out of it through a link. */
function findIn(folder: string, name: string): string | undefined {
  try {
    const root = realpathSync(folder);
    const path = realpathSync(join(root, name));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    const stat = statSync(path);
    return stat.isFile() && stat.size <= maxBytes ? path : undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}

/**
 * Loads templates from folders, the first that has one winning (Jinja2's `FileSystemLoader` with a search path). A file is
 * read for every render that uses it, so a change is seen at once; names cannot lead out of the folders, links included.
 * @throws Error of `node:fs` when a file is there but cannot be read
 */
export function folderLoader(folders: readonly string[]): Loader {
  return {
    getSource(name): TemplateSource | null {
      if (!isPlainName(name)) return null;
      for (const folder of folders) {
        const path = findIn(folder, name);
        if (path !== undefined) return { src: readFileSync(path, "utf8"), path };
      }
      return null;
    },
  };
}
