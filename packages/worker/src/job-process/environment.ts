import { asObject, type JsonObject, readYaml } from "@basalt/core";
import { jobFolderVariable } from "./job-folder.js";

/** A settings file of the server (dispatcher.yaml, env.yaml, env-dut.yaml); `{}` where there is none. @throws ERR_YAML_* (configuration) */
export async function readSettings(name: string, text: string): Promise<JsonObject> {
  if (text.trim() === "") return {};
  const { value } = await readYaml(text, { file: name, kind: "configuration" });
  return asObject(value);
}

/**
 * Makes this process's environment what env.yaml says (`purge`, `removes`, `overrides`). Done in the process, not for it: what stands there
 * may be secret, and /proc shows the environment that a process was started with.
 */
export async function shapeEnvironment(file: JsonObject): Promise<void> {
  const { applyEnvironmentFile } = await import("@basalt/host");
  const before = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ""]));
  const after = applyEnvironmentFile(file, before);
  for (const name of Object.keys(before)) if (!(name in after) && name !== jobFolderVariable) delete process.env[name];
  for (const [name, value] of Object.entries(after)) if (name !== jobFolderVariable) process.env[name] = value;
}
