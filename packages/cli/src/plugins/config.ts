import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { asObject, closest, configurationError, isJsonObject, type JsonObject, readYaml } from "@basalt/core";
import { fileTrouble } from "../file-trouble.js";

/** Settings of a folder: `basalt.config.yaml`. */
export interface Config {
  /** Folder that the plugins' names are resolved from. */
  readonly folder: string;
  /** Packages (or paths of folders) of plugins beside those that come with the command. */
  readonly plugins: readonly string[];
  /** What this machine is to devices: the keys of LAVA's dispatcher.yaml (`dispatcher_ip`, `dispatcher_download_dir`, `prefix`, ...). */
  readonly dispatcher: JsonObject;
  /** Folders of device dictionaries and type templates, absolute, the first one first. */
  readonly templates: readonly string[];
  /** Names that jobs may set in their context beside LAVA's list (LAVA: EXTRA_CONTEXT_VARIABLES). */
  readonly extraContext: readonly string[];
}

export const configFile = "basalt.config.yaml";
const knownKeys = ["plugins", "dispatcher", "templates", "extra_context_variables"];

const refuse = (file: string, problem: string): Error =>
  configurationError("ERR_CONFIG_INVALID", `${file}: ${problem}`, { details: { file } });

/** Whether there is such a file, as far as this user sees: /root, for `sudo -u basalt`, is no place for settings of his. */
const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/**
 * Reads the settings: of the named file, else of `basalt.config.yaml` in the folder, else none.
 * @throws ERR_CONFIG_UNREADABLE, ERR_CONFIG_INVALID, ERR_YAML_* (configuration)
 */
export async function readConfig(cwd: string, named: string | undefined): Promise<Config> {
  const file = resolve(cwd, named ?? configFile);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (named === undefined && !(await isThere(file)))
      return { folder: cwd, plugins: [], dispatcher: {}, templates: [], extraContext: [] };
    throw configurationError(
      "ERR_CONFIG_UNREADABLE",
      `can't read the settings in ${file}: ${fileTrouble(cause)}${named === undefined ? "" : `; correct the path ${named}, or leave it out`}`,
      { cause, details: { file } },
    );
  }
  const { value } = await readYaml(text, { file, kind: "configuration" });
  if (value !== null && !isJsonObject(value))
    throw refuse(file, "the settings must be a mapping, like 'plugins: [my-plugin]'");
  const settings = asObject(value);
  for (const key of Object.keys(settings)) {
    if (knownKeys.includes(key)) continue;
    const near = closest(key, knownKeys);
    throw refuse(
      file,
      `'${key}' is not a setting${near ? `, did you mean '${near}'?` : ` (known: ${knownKeys.join(", ")})`}`,
    );
  }
  const list = (key: string, of: string): readonly string[] => {
    const items = settings[key] ?? [];
    if (Array.isArray(items) && items.every((item) => typeof item === "string")) return items as readonly string[];
    throw refuse(file, `'${key}' must be a list of ${of}`);
  };
  const plugins = list("plugins", "package names or paths");
  const templates = list("templates", "folders").map((folder) => resolve(dirname(file), folder));
  const extraContext = list("extra_context_variables", "names");
  const dispatcher = settings.dispatcher ?? {};
  if (!isJsonObject(dispatcher))
    throw refuse(file, "'dispatcher' must be a mapping, like that of LAVA's dispatcher.yaml");
  return { folder: dirname(file), plugins, dispatcher, templates, extraContext };
}
