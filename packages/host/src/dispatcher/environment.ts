import { asObject, asText, asTexts, type JsonObject } from "@basalt/core";

type Environment = Readonly<Record<string, string>>;

const overridesOf = (file: JsonObject): Environment =>
  Object.fromEntries(
    Object.entries(asObject(file.overrides)).flatMap(([name, value]) => {
      const text = asText(value);
      return text === undefined ? [] : [[name, text]];
    }),
  );

/** What an `env.yaml` makes of an environment: `purge` empties it, `removes` takes names out, `overrides` sets (lava-dispatcher.md 5). */
export function applyEnvironmentFile(file: JsonObject, environment: Environment): Environment {
  const removed = new Set(asTexts(file.removes));
  const kept = file.purge === true ? [] : Object.entries(environment).filter(([name]) => !removed.has(name));
  return { ...Object.fromEntries(kept), ...overridesOf(file) };
}

/** What an `env-dut.yaml` exports in the device's shell: there is nothing to purge there, so its `overrides`. */
export const deviceEnvironment = (file: JsonObject): Environment => overridesOf(file);
