import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";

/** A file the pages use. Its address changes with its content, so it can be kept for ever. */
export interface Asset {
  readonly name: string;
  /** `/static/basalt.4f1c2a.css` */
  readonly url: string;
  readonly type: string;
  readonly body: Buffer;
}

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Reads all assets of this package. */
export function readAssets(): readonly Asset[] {
  // by the package's name, not by this file's place: the command's bundle has this code elsewhere
  const folder = join(dirname(createRequire(import.meta.url).resolve("@basalt/web/package.json")), "assets");
  return readdirSync(folder).flatMap((name) => {
    const extension = extname(name);
    const type = types[extension];
    if (type === undefined) return [];
    const body = readFileSync(join(folder, name));
    const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
    return { name, url: `/static/${name.slice(0, -extension.length)}.${hash}${extension}`, type, body };
  });
}
