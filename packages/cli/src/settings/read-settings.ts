import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { closest, configurationError, isJsonObject, type Json, readYaml, type YamlDocument } from "@basalt/core";
import { fileTrouble } from "../file-trouble.js";

/** One setting of a daemon: the same in its file and on its command line. */
export interface Setting<T> {
  /** What a value has to be, in words: "a folder's path". */
  readonly expected: string;
  /** The value; undefined if it is none. Paths in a file start from the file's folder. */
  read(value: Json, folder: string): T | undefined;
}

export type Settings<T> = { readonly [Key in keyof T]-?: Setting<Exclude<T[Key], undefined>> };

const keyOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A text as it stands. */
export const textSetting = (expected: string): Setting<string> => ({
  expected,
  read: (value) => (typeof value === "string" && value !== "" ? value : undefined),
});

/** A path; from a file, relative to it. */
export const pathSetting = (expected: string): Setting<string> => ({
  expected,
  read: (value, folder) => (typeof value === "string" && value !== "" ? resolve(folder, value) : undefined),
});

/** A text that a pattern matches. */
export const patternSetting = (pattern: RegExp, expected: string): Setting<string> => ({
  expected,
  read: (value) => (typeof value === "string" && pattern.test(value) ? value : undefined),
});

/** true or false. */
export const flagSetting: Setting<boolean> = {
  expected: "true or false",
  read: (value) => (typeof value === "boolean" ? value : undefined),
};

/** One of some words, in upper or lower case. */
export const choiceSetting = <const T extends string>(choices: readonly T[]): Setting<T> => ({
  expected: `one of ${choices.join(", ")}`,
  read: (value) => choices.find((choice) => typeof value === "string" && choice === value.toLowerCase()),
});

/** A list of texts that a pattern matches. */
export const listSetting = (pattern: RegExp, expected: string): Setting<readonly string[]> => ({
  expected,
  read: (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "string" && pattern.test(item)) ? value : undefined,
});

/** A list of texts. */
export const textsSetting = (expected: string): Setting<readonly string[]> => listSetting(/^/, expected);

async function refuse(document: YamlDocument, key: string | undefined, problem: string): Promise<Error> {
  const { line } = (await document.locator())(key === undefined ? [] : [key], "key");
  return configurationError("ERR_CONFIG_INVALID", `${document.file}:${line}: ${problem}`, {
    details: { file: document.file, line, ...(key === undefined ? {} : { key }) },
  });
}

const shown = (value: Json): string => {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/** A value in a message: those of keys that may hold secrets stay out of it. */
const shownOf = (key: string, value: Json): string => (/secret|token|password/.test(key) ? "(hidden)" : shown(value));

/**
 * Reads a daemon's settings file (YAML, a mapping). Keys are the options' names: `log-level: debug`.
 * @throws ERR_CONFIG_UNREADABLE, ERR_CONFIG_INVALID (file, line, key, value, what was expected), ERR_YAML_* (configuration)
 */
async function readSettings<T extends object>(file: string, settings: Settings<T>): Promise<Partial<T>> {
  const text = await readFile(file, "utf8").catch((cause) => {
    throw configurationError(
      "ERR_CONFIG_UNREADABLE",
      `can't read the settings in ${file}: ${fileTrouble(cause)}; correct --config, or leave it out`,
      { cause, details: { file } },
    );
  });
  const document = await readYaml(text, { file, kind: "configuration" });
  const { value } = document;
  if (value === null) return {};
  const table = settings as Readonly<Record<string, Setting<unknown>>>;
  const names = new Map(Object.keys(table).map((name) => [keyOf(name), name]));
  const example = [...names.keys()][0];
  if (!isJsonObject(value))
    throw await refuse(
      document,
      undefined,
      `the settings are ${shown(value as Json)}, expected a mapping such as "${example}: ..."`,
    );
  const found: Record<string, unknown> = {};
  for (const [key, given] of Object.entries(value)) {
    const name = names.get(key);
    const setting = name === undefined ? undefined : table[name];
    if (name === undefined || !setting) {
      const near = closest(key, [...names.keys()]);
      const known = near ? `did you mean "${near}"?` : `expected one of ${[...names.keys()].join(", ")}`;
      throw await refuse(document, key, `"${key}" is not a setting: ${known}`);
    }
    const read = given === undefined ? undefined : setting.read(given, resolve(file, ".."));
    if (read === undefined)
      throw await refuse(document, key, `"${key}" is ${shownOf(key, given ?? null)}, expected ${setting.expected}`);
    found[name] = read;
  }
  return found as Partial<T>;
}

/**
 * Checks options as a command line gives them: texts, flags, lists.
 * @throws ERR_CONFIG_INVALID
 */
function readOptions<T extends object>(options: object, settings: Settings<T>, cwd: string): Partial<T> {
  const found: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting<unknown>>(settings)) {
    const given = (options as Readonly<Record<string, Json | undefined>>)[name];
    if (given === undefined) continue;
    const read = setting.read(given, cwd);
    if (read === undefined)
      throw configurationError(
        "ERR_CONFIG_INVALID",
        `--${keyOf(name)} is ${shownOf(keyOf(name), given)}, expected ${setting.expected}`,
        { details: { option: keyOf(name) } },
      );
    found[name] = read;
  }
  return found as Partial<T>;
}

/** Where a daemon's settings come from. */
export interface SettingsSources {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The command's options; `config` names the file. */
  readonly args: { readonly config?: string; readonly plugin: readonly string[] } & object;
}

/**
 * What the file and the options say; an option counts more. No plugin on the command line leaves the file's.
 * @throws ERR_CONFIG_INVALID, ERR_CONFIG_UNREADABLE
 */
export async function readGiven<T extends object>(
  { cwd, args }: SettingsSources,
  settings: Settings<T>,
): Promise<Partial<T>> {
  const { config, plugin, ...options } = args;
  const file = config === undefined ? {} : await readSettings(resolve(cwd, config), settings);
  return { ...file, ...readOptions({ ...options, ...(plugin.length > 0 ? { plugin } : {}) }, settings, cwd) };
}
