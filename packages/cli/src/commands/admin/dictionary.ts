import { asObject, configurationError, type JsonObject, readYaml } from "@basalt/core";
import { type Command, Option } from "commander";
import { collect, type Runners } from "./group.js";
import { type LabTextOptions, runLabText, withLabText } from "./lab-text.js";
import type { Admin } from "./session.js";

interface DictionaryOptions extends LabTextOptions {
  readonly render?: boolean;
  readonly context: readonly string[];
}

async function contextOf(pairs: readonly string[]): Promise<JsonObject> {
  const context: Record<string, JsonObject[string]> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1)
      throw configurationError("ERR_USAGE", `--context ${pair}: expected NAME=VALUE, such as --context arch=arm64`);
    const { value } = await readYaml(`v: ${pair.slice(at + 1)}`, { file: `--context ${pair}`, kind: "configuration" });
    context[pair.slice(0, at)] = asObject(value as JsonObject).v ?? null;
  }
  return context;
}

async function dictionary(
  admin: Admin,
  { name, file }: { readonly name: string; readonly file: string | undefined },
  { render = false, context, ...options }: DictionaryOptions,
): Promise<void> {
  const { services, asker, out } = admin;
  await admin.mustBeKnown("device", name);
  if (file === undefined && (render || context.length > 0))
    return out.write(await services.devices.rendered(asker, name, await contextOf(context)));
  return runLabText(
    admin,
    {
      kind: "device",
      name,
      title: `the dictionary of ${name}`,
      read: () => services.devices.dictionary(asker, name),
      write: (text, reason) => services.devices.setDictionary(asker, name, text, reason),
      missing: {
        code: "ERR_DEVICE_NO_DICTIONARY",
        message: `device ${name} has no dictionary: write one with 'basalt admin devices dictionary ${name} FILE'`,
      },
    },
    { file, ...options },
  );
}

/** `basalt admin devices dictionary` */
export function addDictionary(group: Command, { run }: Runners): void {
  withLabText(
    group
      .command("dictionary")
      .description("print a device's dictionary, or take it from a file (.jinja2); one that is broken is refused")
      .argument("<name>", "the device"),
  )
    .option("--render", "print what it renders: the device as a job gets it")
    .addOption(
      new Option("--context <key=value>", "render for a job with this context (may be repeated)")
        .argParser(collect)
        .default([], ""),
    )
    .action((name: string, file: string | undefined, options: DictionaryOptions) =>
      run((session) => dictionary(session, { name, file }, options)),
    );
}
