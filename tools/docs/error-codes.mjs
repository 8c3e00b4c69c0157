import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Codes of Node itself and of libzmq that our code looks for; they are not ours to document. */
const ofNode =
  /^ERR_(?:ZMTP_\w+|MODULE_NOT_FOUND|PACKAGE_PATH_NOT_EXPORTED|UNSUPPORTED_DIR_IMPORT|STREAM_\w+|HTTP2?_\w+|SOCKET_\w+|INVALID_\w+|USE_AFTER_CLOSE)$/;

/** Source files of all packages: no tests and nothing built. */
function sources(root) {
  return readdirSync(join(root, "packages"), { recursive: true })
    .map((path) => join("packages", path))
    .filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path) && !/\.test(?:-d)?\.ts$|\/fixtures\//.test(path))
    .sort();
}

/** Comments can name codes that nothing throws. */
const withoutComments = (text) => text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");

/** Each code in the packages' sources, with the kinds it is thrown as where the code says so in one breath, and where it stands. */
export function codesInSource(root) {
  const codes = new Map();
  for (const path of sources(root)) {
    const text = withoutComments(readFileSync(join(root, path), "utf8"));
    for (const [, before, code] of text.matchAll(/(?:(\w+)Error\(\s*)?["'`](ERR_[A-Z0-9_]*[A-Z0-9])["'`]/g)) {
      if (ofNode.test(code)) continue;
      const entry = codes.get(code) ?? { kinds: new Set(), files: new Set() };
      const kind = /^(infrastructure|job|test|configuration|timeout|canceled|multinode|bug)$/.exec(before ?? "")?.[1];
      if (kind && !path.startsWith("packages/testing/")) entry.kinds.add(kind);
      entry.files.add(path);
      codes.set(code, entry);
    }
  }
  return codes;
}

/** The rows of docs/reference/errors.md: code to the kinds it names, its meaning and what to do. */
export function codesInDocs(text) {
  const codes = new Map();
  for (const line of text.split("\n")) {
    const cells = /^\| `(ERR_[A-Z0-9_]+)` \| ([^|]*) \| (.*) \| (.*) \|$/.exec(line);
    if (!cells) continue;
    const [, code, kinds, meaning, advice] = cells;
    if (codes.has(code)) throw new Error(`errors.md lists ${code} twice`);
    codes.set(code, { kinds: new Set(kinds.split(",").map((kind) => kind.trim())), meaning, advice });
  }
  return codes;
}
