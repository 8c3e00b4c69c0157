import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createEnvironment, type Environment, type Loader, lavaFilters } from "@basalt/jinja";

/** Folder of our own type templates: qemu, base-uboot, base-fastboot, base-serial, virtual-board. */
export function ownTemplatesFolder(): string {
  // by the package's name, not by this file's place: the command's bundle has this code elsewhere
  const manifest = createRequire(import.meta.url).resolve("@basalt/device-types/package.json");
  return join(dirname(manifest), "templates");
}

/** The environment device templates are written for (LAVA's settings): `trim_blocks`, no escaping, lenient undefined, LAVA's three filters. */
export const deviceEnvironment = (loader: Loader): Environment =>
  createEnvironment({ loader, trimBlocks: true, filters: lavaFilters });
