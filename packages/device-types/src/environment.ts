import { fileURLToPath } from "node:url";
import { createEnvironment, type Environment, type Loader, lavaFilters } from "@basalt/jinja";

/** Folder of our own type templates: qemu, base-uboot, base-fastboot, base-serial, virtual-board. */
export const ownTemplatesFolder: string = fileURLToPath(new URL("../templates/", import.meta.url));

/** The environment device templates are written for (LAVA's settings): `trim_blocks`, no escaping, lenient undefined, LAVA's three filters. */
export const deviceEnvironment = (loader: Loader): Environment =>
  createEnvironment({ loader, trimBlocks: true, filters: lavaFilters });
