import { writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { asObject, configurationError, type Json, type JsonObject, readYamlFast } from "@basalt/core";
import type { Environment } from "@basalt/jinja";
import { exitStatus } from "../exit-status.js";
import type { Io } from "../io.js";
import { type TemplateArguments, templateFolders } from "../job/device-input.js";
import { isTemplate, renderFrom, templateEnvironment } from "../job/device-templates.js";
import { type InputFile, inputFile } from "../job/input-file.js";
import { readJob } from "../job/read-job.js";
import { readConfig } from "../plugins/config.js";

export interface RenderArguments extends TemplateArguments {
  readonly context: readonly string[];
  readonly job?: string;
  readonly out?: string;
  readonly config?: string;
}

/** `KEY=VALUE`; the value is read as YAML, so that `memory=1024` is a number. */
function contextEntry(text: string): readonly [string, Json] {
  const equals = text.indexOf("=");
  if (equals <= 0) throw configurationError("ERR_USAGE", `--context ${text}: expected KEY=VALUE`);
  return [text.slice(0, equals), readYamlFast(text.slice(equals + 1), { file: `--context ${text}` }) as Json];
}

async function contextOf({ context, job }: RenderArguments, io: Io): Promise<JsonObject> {
  const own = Object.fromEntries(context.map(contextEntry));
  if (job === undefined) return own;
  const { value } = await readJob(inputFile(io.cwd, job));
  return { ...asObject(asObject(value).context), ...own };
}

/** A template that the command line names. */
export interface NamedTemplate {
  readonly environment: Environment;
  /** Its name for the environment's loader. */
  readonly template: string;
  /** The name without folder and ending. */
  readonly stem: string;
}

const stemOf = (name: string): string => basename(name).replace(/\.(jinja2|j2)$/, "");

/** A name: of a template in the folders, with or without its ending, else of a file. */
export async function findTemplate(name: string, folders: readonly string[], io: Io): Promise<NamedTemplate> {
  const plain = await templateEnvironment({ folders });
  const candidates = isTemplate(name) ? [name] : [name, `${name}.jinja2`];
  const isPath = /[\\/]/.test(name);
  for (const template of isPath ? [] : candidates)
    if (plain.has(template)) return { environment: plain, template, stem: stemOf(template) };
  const file: InputFile = inputFile(io.cwd, name);
  const environment = await templateEnvironment({ folders }, file);
  const template = basename(file.path);
  if (environment.has(template)) return { environment, template, stem: stemOf(template) };
  throw configurationError(
    "ERR_TEMPLATE_NOT_FOUND",
    `there is no template '${name}': neither in ${folders.length > 0 ? folders.join(", ") : "our own types (--templates names more folders)"} nor as the file ${file.path}`,
  );
}

/** `basalt render`: what templates render, byte for byte. */
export async function renderCommand(names: readonly string[], args: RenderArguments, io: Io): Promise<number> {
  const folders = templateFolders(args, io, await readConfig(io.cwd, args.config));
  const context = await contextOf(args, io);
  const out = args.out === undefined ? undefined : resolve(io.cwd, args.out);
  const rendered: (readonly [string, string])[] = [];
  for (const name of names) {
    const { environment, template, stem } = await findTemplate(name, folders, io);
    rendered.push([stem, renderFrom(folders, () => environment.render(template, context))]);
  }
  // nothing is written before all could be rendered
  if (out !== undefined) await (await import("@basalt/host")).makeFolders(out);
  for (const [stem, text] of rendered) {
    if (out === undefined) io.stdout.write(text);
    else await writeFile(join(out, `${stem}.yaml`), text);
  }
  return exitStatus.ok;
}
