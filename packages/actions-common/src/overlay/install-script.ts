import { asTexts, type JsonObject } from "@basalt/core";
import { parameterLines, shellQuoted } from "./shell-text.js";
import type { TestDefinition } from "./test-definition-file.js";

/** What the scripts of a definition are made from. */
export interface ScriptRequest {
  readonly definition: TestDefinition;
  readonly jobParameters: JsonObject;
  /** Shell on the device, like `/bin/sh`. */
  readonly shell: string;
  /** The definition's folder on the device. */
  readonly folder: string;
  /** Told of what is left out because no shell would take it. */
  onWarning(text: string): void;
}

/** Lines that set the definition's parameters, then the job's, which win. */
export function parameterBlock({ definition, jobParameters, onWarning }: ScriptRequest): readonly string[] {
  const skipped = (name: string): void => onWarning(`parameter '${name}' is no name that a shell takes: left out`);
  return [
    "###default parameters from test definition###",
    ...parameterLines(definition.parameters, skipped),
    "######",
    "###test parameters from job submission###",
    ...parameterLines(jobParameters, skipped),
    "######",
  ];
}

/** `install.sh` of a definition: keys, sources, packages, steps, less what the job skips (lava-dispatcher.md 3.11). */
export function installScript(
  request: ScriptRequest & { readonly skip: ReadonlySet<string>; readonly distro?: string },
): string {
  const { definition, folder, shell, skip, distro } = request;
  const list = (key: string): readonly string[] => asTexts(definition.install[key]);
  const one = (command: string, part: string): readonly string[] =>
    skip.has(part) ? [] : list(part).map((item) => `${command} ${shellQuoted(item)}`);
  const packages = skip.has("deps") ? [] : [...list("deps"), ...(distro === undefined ? [] : list(`deps-${distro}`))];
  return [
    `#!${shell}`,
    "set -ex",
    ...parameterBlock(request),
    ...one("lava-add-keys", "keys"),
    ...one("lava-add-sources", "sources"),
    ...(packages.length > 0 ? [`lava-install-packages ${packages.map(shellQuoted).join(" ")}`] : []),
    `cd ${shellQuoted(folder)}`,
    "pwd",
    ...(skip.has("steps") ? [] : list("steps")),
    "",
  ].join("\n");
}
