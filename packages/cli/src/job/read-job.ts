import { readYaml, type YamlDocument } from "@basalt/core";
import type { InputFile } from "./input-file.js";
import { readInput } from "./read-input.js";

/** Reads a job's file as LAVA reads it. @throws ERR_JOB_UNREADABLE, ERR_YAML_* (job) */
export async function readJob(file: InputFile): Promise<YamlDocument> {
  const text = await readInput(file, { kind: "job", code: "ERR_JOB_UNREADABLE", what: "job" });
  return readYaml(text, { file: file.name, kind: "job" });
}
