import { createRequire } from "node:module";
import { dirname } from "node:path";

/** The command's own package.json. It is found by name: bundled code does not stand where its source stood. */
export interface OwnPackage {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);
const path = require.resolve("@basalt/cli/package.json");

/** Folder of the command's package: what it depends on is found from here. */
export const ownFolder = dirname(path);

export const ownPackage = (): OwnPackage => require(path) as OwnPackage;
