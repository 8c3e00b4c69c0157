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

/** Of a script: `from "./log-window.js"`. */
const imported = /(?<=\bfrom ")\.\/([\w-]+\.js)(?=")/g;

/** Reads all assets of this package. The style sheets of the folder `styles` are one asset, `basalt.css`, in the order of their names. */
export function readAssets(): readonly Asset[] {
  // by the package's name, not by this file's place: the command's bundle has this code elsewhere
  const folder = join(dirname(createRequire(import.meta.url).resolve("@basalt/web/package.json")), "assets");
  const bodies = new Map(
    readdirSync(folder)
      .filter((name) => extname(name) in types)
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
  const styles = readdirSync(join(folder, "styles")).sort();
  bodies.set("basalt.css", Buffer.concat(styles.map((name) => readFileSync(join(folder, "styles", name)))));
  const assets = new Map<string, Asset>();
  /** A script's imports are addresses, too: what it imports is made first. */
  const make = (name: string): Asset => {
    const known = assets.get(name);
    if (known) return known;
    const found = bodies.get(name);
    if (!found) throw new Error(`no asset '${name}' in ${folder}`);
    const extension = extname(name);
    const body =
      extension === ".js" ? Buffer.from(found.toString().replace(imported, (_, other) => make(other).url)) : found;
    const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
    const url = `/static/${name.slice(0, -extension.length)}.${hash}${extension}`;
    const asset = { name, url, type: types[extension] ?? "", body };
    assets.set(name, asset);
    return asset;
  };
  return [...bodies.keys()].map(make);
}
