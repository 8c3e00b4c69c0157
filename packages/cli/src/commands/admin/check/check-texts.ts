import { readYaml, toBasaltError } from "@basalt/core";
import { checkJob } from "@basalt/plugin-loader";
import { checkAllTexts, type DocumentRow, type Store } from "@basalt/server";
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

/** Templates and YAML texts that can't be read, health checks that are no job. Dictionaries are the devices' business. */
export async function checkTexts(store: Store, settings: ServerSettings, io: Io): Promise<readonly Finding[]> {
  const wrong = (await checkAllTexts(store)).filter((words) => !words.startsWith("device/"));
  const findings = wrong.map((words) =>
    problem(
      "texts",
      oneLine(words),
      "mend it, then 'basalt admin device-types template|health-check NAME FILE' or 'basalt admin sync'",
    ),
  );
  const checks: DocumentRow[] = await store
    .knex<DocumentRow>("documents")
    .where({ kind: "health-check", current: true })
    .whereNotNull("text");
  const catalog = await findPlugins({
    cwd: io.cwd,
    plugins: settings.plugin,
    config: await readConfig(io.cwd, settings.settings),
  });
  const loaded = checks.length > 0 ? await catalog.loadAllForJobs() : undefined;
  for (const { name, text } of loaded ? checks : []) {
    try {
      const document = await readYaml(text ?? "", { file: `health check ${name}`, kind: "job" });
      if (loaded) await checkJob(document, loaded, { strict: false, catalog });
    } catch (error) {
      findings.push(
        problem(
          "texts",
          `the health check of ${name} is refused: ${oneLine(toBasaltError(error).message)}`,
          `basalt admin device-types health-check ${name} FILE`,
        ),
      );
    }
  }
  return findings.length > 0 ? findings : [ok("texts", "templates, health checks and workers' settings can be read")];
}
