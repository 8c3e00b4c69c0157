import { dirname } from "node:path";
import type { Environment } from "@basalt/jinja";
import type { InputFile } from "./input-file.js";

/** Where device dictionaries and type templates are looked for. */
export interface TemplateFolders {
  /** Folders of `--templates` and the settings, the first one first. */
  readonly folders: readonly string[];
}

/** Whether a file is a template to be rendered. */
export const isTemplate = (path: string): boolean => /\.(jinja2|j2)$/.test(path);

/**
 * The environment that renders device templates. Search path: the file's own folder, the given folders in order, our own types last.
 * Loaded only where a template is used: rendered dictionaries need none of it.
 */
export async function templateEnvironment({ folders }: TemplateFolders, file?: InputFile): Promise<Environment> {
  const [{ folderLoader }, { deviceEnvironment, ownTemplatesFolder }] = await Promise.all([
    import("@basalt/jinja/folder-loader"),
    import("@basalt/device-types"),
  ]);
  const own = file === undefined ? [] : [dirname(file.path)];
  return deviceEnvironment(folderLoader([...own, ...folders, ownTemplatesFolder()]));
}
