import { configurationError, isBasaltError, isJsonObject, readYaml, toBasaltError } from "@basalt/core";
import { deviceEnvironment, ownTemplatesFolder, renderDevice, typeOfDictionary } from "@basalt/device-types";
import { choiceLoader, type Environment, type JinjaError, type Loader } from "@basalt/jinja";
import { folderLoader } from "@basalt/jinja/folder-loader";
import { readDevice } from "@basalt/plugin-loader";
import type { CheckHealthCheck } from "./health-check-job.js";
import { keyText, type LabText } from "./layout.js";

/** Texts as they would be after an import, by {@link keyText}. */
export type Texts = ReadonlyMap<string, Pick<LabText, "kind" | "name" | "text" | "file">>;

const suffix = ".jinja2";

/** Dictionaries are `devices/NAME.jinja2`, templates `NAME.jinja2`; our own templates come last. */
export function environmentOf(texts: Texts): Environment {
  const own: Loader = {
    getSource(name) {
      if (!name.endsWith(suffix)) return null;
      const plain = name.slice(0, -suffix.length);
      const key = plain.startsWith("devices/") ? `device/${plain.slice(8)}` : `devicetype/${plain}`;
      const found = texts.get(key);
      return found ? { src: found.text, path: name } : null;
    },
  };
  return deviceEnvironment(choiceLoader([own, folderLoader([ownTemplatesFolder()])]));
}

/** A problem with its place: `file:line: words`. */
function placed(error: unknown, { file }: LabText, texts: Texts): string {
  const { message, code } = toBasaltError(error);
  const { position, reason } = error as Partial<JinjaError>;
  if (!position) return message.startsWith(`${file}:`) ? message : `${file}: ${message}`;
  const plain = position.template.replace(/\.jinja2$/, "");
  const there = texts.get(plain.startsWith("devices/") ? `device/${plain.slice(8)}` : `devicetype/${plain}`);
  const advice =
    code === "ERR_JINJA_NOT_FOUND"
      ? ": it is neither among the device types here nor among our own; write it as a device type's template, or let 'basalt admin sync' take it from where it is, with --templates FOLDER (such as /usr/share/lava-server/device-types)"
      : "";
  return `${there?.file ?? position.template}:${position.line}: ${reason}${advice}`;
}

async function checkOne(text: LabText, environment: Environment, asJob: CheckHealthCheck): Promise<void> {
  const { kind, name, file } = text;
  if (kind === "devicetype") environment.check(`${name}${suffix}`);
  else if (kind === "device") environment.check(`devices/${name}${suffix}`);
  else {
    const { value } = await readYaml(text.text, { file, kind: "configuration" });
    if (kind === "health-check" && isJsonObject(value)) return asJob(text);
    if (isJsonObject(value) || (value === null && kind !== "health-check")) return;
    throw configurationError("ERR_SYNC_REFUSED", `${file}:1: expected a mapping`, { details: { file } });
  }
}

async function warningOf(text: LabText, rendered: string | undefined): Promise<string | undefined> {
  if (rendered === undefined) return undefined;
  return readDevice({ name: `${text.file} (rendered)`, text: rendered }).then(
    () => undefined,
    (error: unknown) => toBasaltError(error).message,
  );
}

export interface CheckedTexts {
  /** What jobs on a device will be refused for. */
  readonly warnings: readonly string[];
  /** What would be refused; none where it was. */
  readonly problems: readonly string[];
}

function renders(environment: Environment, { name, text }: LabText): string {
  const type = typeOfDictionary(text);
  return renderDevice(environment, {
    template: `devices/${name}${suffix}`,
    hostname: name,
    ...(type === undefined ? {} : { type }),
  });
}

function isBroken(environment: Environment, text: LabText): boolean {
  try {
    renders(environment, text);
    return false;
  } catch {
    return true;
  }
}

/**
 * Checks the texts that change, among all there will be: every template and YAML text is read, every health check is checked as the job it is,
 * every dictionary rendered, also those that a changed or deleted template may have broken.
 * @throws ERR_SYNC_REFUSED (configuration): all problems, one a line, with file and line
 */
export async function checkTexts(
  changed: readonly LabText[],
  { before, after }: { readonly before: Texts; readonly after: Texts },
  { asJob, refuse = true }: { readonly asJob: CheckHealthCheck; readonly refuse?: boolean },
): Promise<CheckedTexts> {
  const environment = environmentOf(after);
  const earlier = environmentOf(before);
  const problems = new Set<string>();
  const warnings: string[] = [];
  const attempt = async (text: LabText, work: () => void | Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (!isBasaltError(error)) throw error;
      problems.add(placed(error, text, after));
      return false;
    }
  };
  const templatesChanged =
    changed.some(({ kind }) => kind === "devicetype") ||
    [...before].some(([key, { kind }]) => kind === "devicetype" && !after.has(key));
  const dictionaries = [...after.values()].filter(
    (text) => text.kind === "device" && templatesChanged && !isBroken(earlier, text),
  );
  const all = new Map([...dictionaries, ...changed].map((text) => [keyText(text), text]));
  for (const text of all.values()) {
    if (!(await attempt(text, () => checkOne(text, environment, asJob)))) continue;
    let rendered: string | undefined;
    if (text.kind === "device")
      await attempt(text, () => {
        rendered = renders(environment, text);
      });
    const warning = await warningOf(text, rendered);
    if (warning !== undefined) warnings.push(warning);
  }
  if (problems.size === 0 || !refuse) return { warnings, problems: [...problems] };
  throw configurationError("ERR_SYNC_REFUSED", [...problems].join("\n"), { details: { problems: problems.size } });
}
