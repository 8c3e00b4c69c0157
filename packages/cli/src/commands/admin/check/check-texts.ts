import { checkAllTexts, healthCheckAsJob, type Store } from "@basalt/server";
import type { Io } from "../../../io.js";
import { readConfig } from "../../../plugins/config.js";
import { findPlugins } from "../../../plugins/plugin-catalog.js";
import type { ServerSettings } from "../../../settings/server-settings.js";
import { type Finding, ok, problem } from "./finding.js";

const oneLine = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" | ");

/** The command that writes a text, by how messages name it (`kind/name (in the database)`). */
function howToWrite(words: string): string {
  const [, kind = "", name = ""] = /^([\w-]+)\/([^ ]*) \(in the database\)/.exec(words) ?? [];
  if (kind === "devicetype") return `'basalt admin device-types template ${name} FILE'`;
  if (kind === "health-check") return `'basalt admin device-types health-check ${name} FILE'`;
  return "'basalt admin sync FOLDER --import'";
}

/** Templates and YAML texts that can't be read, health checks that are no job. Dictionaries are the devices' business. */
export async function checkTexts(store: Store, settings: ServerSettings, io: Io): Promise<readonly Finding[]> {
  const config = await readConfig(io.cwd, settings.settings);
  const catalog = await findPlugins({ cwd: io.cwd, plugins: settings.plugin, config });
  const asJob = healthCheckAsJob({ catalog, extraContext: config.extraContext });
  const wrong = (await checkAllTexts(store, asJob)).filter((words) => !words.startsWith("device/"));
  const findings = wrong.map((words) => problem("texts", oneLine(words), `mend it, then ${howToWrite(words)}`));
  return findings.length > 0 ? findings : [ok("texts", "templates, health checks and workers' settings can be read")];
}
