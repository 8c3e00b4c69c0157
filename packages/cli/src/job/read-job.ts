import { readFile } from "node:fs/promises";
import { jobError, readYaml, type YamlDocument } from "@basalt/core";

/** Reads a job's file as LAVA reads it. @throws ERR_JOB_UNREADABLE, ERR_YAML_* (job) */
export async function readJob(path: string): Promise<YamlDocument> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw jobError("ERR_JOB_UNREADABLE", `can't read the job ${path}: ${(cause as Error).message}`, { cause });
  }
  return readYaml(text, { file: path, kind: "job" });
}
