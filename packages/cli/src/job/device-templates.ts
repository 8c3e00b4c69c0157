import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { configurationError, toBasaltError } from "@basalt/core";
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

/** Renders with such an environment; of a template that is not there it is said where it was looked for. @throws ERR_JINJA_* (configuration) */
export function renderFrom(folders: readonly string[], render: () => string): string {
  try {
    return render();
  } catch (thrown) {
    const { code, message } = toBasaltError(thrown);
    if (code !== "ERR_JINJA_NOT_FOUND") throw thrown;
    const looked = folders.map((folder) => (existsSync(folder) ? folder : `${folder} (there is no such folder)`));
    const others = looked.length > 0 ? `nor in ${looked.join(", ")}, ` : "";
    throw configurationError(
      code,
      `${message}: it is not beside the dictionary, ${others}nor among our own types; --templates FOLDER says where else to look (LAVA's are in /usr/share/lava-server/device-types)`,
      { cause: thrown },
    );
  }
}
