import { readYaml, type YamlDocument } from "@basalt/core";
import type { NamedText } from "@basalt/plugin-loader";
import type { InputFile } from "./input-file.js";
import { readInput } from "./read-input.js";

/** The text of a job's file. @throws ERR_JOB_UNREADABLE (job) */
export async function jobText(file: InputFile): Promise<NamedText> {
  return { name: file.name, text: await readInput(file, { kind: "job", code: "ERR_JOB_UNREADABLE", what: "job" }) };
}

/** Reads a job's file as LAVA reads it. @throws ERR_JOB_UNREADABLE, ERR_YAML_* (job) */
export async function readJob(file: InputFile): Promise<YamlDocument> {
  const { name, text } = await jobText(file);
  return readYaml(text, { file: name, kind: "job" });
}
