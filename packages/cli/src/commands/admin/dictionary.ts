import { asObject, configurationError, type JsonObject, readYaml } from "@basalt/core";
import type { LabText } from "@basalt/server";
import { type Command, Option } from "commander";
import { collect, type Runners } from "./group.js";
import type { Admin } from "./session.js";
import { readTextFile } from "./text-file.js";

/** Checks a text as a sync would; warnings are told. @throws ERR_SYNC_REFUSED with file and line */
export async function checkedText(
  { store, io, out, checkHealthCheck }: Admin,
  text: Omit<LabText, "text">,
): Promise<string> {
  const { checkText } = await import("@basalt/server");
  const source = await readTextFile(io, text.file);
  if (source === "") return source;
  const { warnings } = await checkText(store, { ...text, text: source }, checkHealthCheck);
  for (const warning of warnings) out.say(`warning: ${warning}`);
  return source;
}

interface DictionaryOptions {
  readonly render?: boolean;
  readonly context: readonly string[];
  readonly reason?: string;
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
  { render = false, context, reason }: DictionaryOptions,
): Promise<void> {
  const { services, asker, out } = admin;
  await admin.mustBeKnown("device", name);
  if (file !== undefined) {
    const text = await checkedText(admin, { kind: "device", name, file });
    await services.devices.setDictionary(asker, name, text, reason);
    out.say(text === "" ? `device ${name} has no dictionary now` : `the dictionary of ${name} is ${file} now`);
    return;
  }
  if (render || context.length > 0)
    return out.write(await services.devices.rendered(asker, name, await contextOf(context)));
  const text = await services.devices.dictionary(asker, name);
  if (text === undefined)
    throw configurationError(
      "ERR_DEVICE_NO_DICTIONARY",
      `device ${name} has no dictionary: write one with 'basalt admin devices dictionary ${name} FILE'`,
    );
  out.write(text);
}

/** `basalt admin devices dictionary` */
export function addDictionary(group: Command, { run }: Runners): void {
  group
    .command("dictionary")
    .description("print a device's dictionary, or take it from a file; one that is broken is refused")
    .argument("<name>", "the device")
    .argument("[file]", "the new one (.jinja2); an empty one takes it away")
    .option("--render", "print what it renders: the device as a job gets it")
    .addOption(
      new Option("--context <key=value>", "render for a job with this context (may be repeated)")
        .argParser(collect)
        .default([], ""),
    )
    .option("--reason <text>", "why it changes: kept with the revision")
    .action((name: string, file: string | undefined, options: DictionaryOptions) =>
      run((session) => dictionary(session, { name, file }, options)),
    );
}
