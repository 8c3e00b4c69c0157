import {
  asObject,
  deviceProblemsToError,
  formatProblems,
  readYaml,
  toBasaltError,
  toDevice,
  validateDevice,
} from "@basalt/core";
import { type Overridable, overridable, renderDevice } from "@basalt/device-types";
import { checkDrivers, driversFor } from "@basalt/plugin-loader";
import { exitStatus, statusOfRefusal, worstStatus } from "../exit-status.js";
import type { Io } from "../io.js";
import { type TemplateArguments, templateFolders } from "../job/device-input.js";
import { renderFrom } from "../job/device-templates.js";
import type { FoundPlugins } from "../plugins/plugin-catalog.js";
import { refusal } from "../refusal.js";
import { makePaint } from "../view/paint.js";
import { formatTable } from "../view/table.js";
import { terminalFacts } from "../view/terminal.js";
import { openCatalog, type PluginArguments } from "./plugin-arguments.js";
import { findTemplate } from "./render.js";

export interface DeviceCheckArguments extends TemplateArguments, PluginArguments {}

/** Characters of a line that are shown: a list of boot commands can be very long. */
const shownWidth = 60;

/** A long line around the place where it differs from the other one. */
function excerpt(line: string, other: string): string {
  if (line.length <= shownWidth) return line;
  const differsAt = [...line].findIndex((char, i) => char !== other[i]);
  const from = Math.max(0, Math.min(differsAt - 20, line.length - shownWidth));
  const to = from + shownWidth;
  return `${from > 0 ? "…" : ""}${line.slice(from, to)}${to < line.length ? "…" : ""}`;
}

const words = ({ name, before, after = "" }: Overridable): readonly string[] => [
  name,
  before === undefined ? "(not there)" : excerpt(before, after),
  excerpt(after, before ?? "").replace(name.toUpperCase(), `<${name}>`),
];

async function overridesText(found: readonly Overridable[], io: Io): Promise<readonly string[]> {
  if (found.length === 0)
    return ["A job's context changes nothing here: all is set by the dictionary and its templates."];
  const table = await formatTable(
    ["context", "now", "with it"],
    found.map(words),
    makePaint(terminalFacts(io.stdout, io.env)),
  );
  return [
    "A test author may still override, in the job's context:",
    ...table.map((line) => `  ${line}`),
    "Everything else is set by the dictionary or its templates, or is not used by them.",
  ];
}

/** Checks one dictionary, its drivers' settings included; gives what to print. @throws what is wrong */
async function check(name: string, folders: readonly string[], catalog: FoundPlugins, io: Io): Promise<string> {
  const { environment, template, stem } = await findTemplate(name, folders, io);
  const device = { template, hostname: stem };
  const text = renderFrom(folders, () => renderDevice(environment, device));
  const document = await readYaml(text, { file: `${name} (rendered)`, kind: "configuration" });
  const result = await validateDevice(document);
  if (!result.ok) throw deviceProblemsToError(result.problems);
  if (result.warnings.length > 0) io.stderr.write(`${formatProblems(result.warnings)}\n`);
  const known = toDevice(asObject(document.value));
  checkDrivers(known, catalog);
  await driversFor(known, catalog);
  const overrides = overridable(environment, device, catalog.config.extraContext);
  return [`${name}: ok`, ...(await overridesText(overrides, io))].join("\n");
}

/** `basalt device check`: renders dictionaries, checks them, and says what a test author may still override. */
export async function deviceCheckCommand(
  names: readonly string[],
  args: DeviceCheckArguments,
  io: Io,
): Promise<number> {
  const catalog = await openCatalog(args, io);
  const folders = templateFolders(args, io, catalog.config);
  const codes: number[] = [];
  for (const name of names) {
    try {
      io.stdout.write(`${await check(name, folders, catalog, io)}\n`);
      codes.push(exitStatus.ok);
    } catch (thrown) {
      const error = toBasaltError(thrown);
      if (error.kind === "bug") throw error;
      io.stderr.write(`${refusal(error)}\n`);
      io.stdout.write(`${name}: refused\n`);
      codes.push(statusOfRefusal(error));
    }
  }
  return worstStatus(codes);
}
