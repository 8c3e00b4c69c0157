import { resolve } from "node:path";
import type { Io } from "../io.js";
import type { Config } from "../plugins/config.js";
import type { TemplateFolders } from "./device-templates.js";
import { type InputFile, inputFile } from "./input-file.js";

/** A device that the command line names: its file, and what is needed to render it. */
export interface DeviceInput extends TemplateFolders {
  readonly file: InputFile;
  /** Names that jobs may set beside LAVA's list. */
  readonly extraContext: readonly string[];
}

/** Options of all commands that use templates. */
export interface TemplateArguments {
  readonly templates: readonly string[];
}

/** Folders of `--templates` (from the current folder), then those of the settings. */
export const templateFolders = ({ templates }: TemplateArguments, { cwd }: Io, config: Config): readonly string[] => [
  ...templates.map((folder) => resolve(cwd, folder)),
  ...config.templates,
];

/** What `--device` names. */
export const deviceInput = (device: string, args: TemplateArguments, io: Io, config: Config): DeviceInput => ({
  file: inputFile(io.cwd, device),
  folders: templateFolders(args, io, config),
  extraContext: config.extraContext,
});
