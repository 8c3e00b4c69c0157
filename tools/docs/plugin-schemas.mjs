import { readdirSync, readFileSync } from "node:fs";

const packages = new URL("../../packages/", import.meta.url);

/** Folders of the packages here that bring methods or protocols, from their manifests. */
export function pluginFolders() {
  return readdirSync(packages).filter((folder) => {
    const manifest = readManifest(folder);
    const sections = Object.keys(manifest?.basalt?.contributes ?? {});
    return (
      sections.some((section) => ["deploy", "boot", "test", "command", "protocols"].includes(section)) &&
      folder !== "testing"
    );
  });
}

function readManifest(folder) {
  try {
    return JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** docs/reference/job-keys.md, made of the schemas of core and the plugins. */
export function jobKeysMarkdown(core, contributions) {
  return core.schemaToMarkdown(core.assembleJobSchema(contributions), {
    title: "Keys of a job",
    intro: `Made from the schemas by \`node tools/docs/job-keys.mjs\`: change those, not this file. A job is YAML 1.1, read as LAVA reads it.
Keys that are not listed are warnings, and errors under \`--strict\`. \`NAME\` stands for a name of your choice, \`[]\` for each
item of a list. For your editor, \`basalt schema\` prints the same as JSON Schema.`,
  });
}
