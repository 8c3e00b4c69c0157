import { configurationError } from "@basalt/core";
import type { LabText } from "@basalt/server";
import type { Command } from "commander";
import { moment } from "./output.js";
import type { Admin } from "./session.js";
import { readTextFile } from "./text-file.js";
import { wholeNumber } from "./values.js";

/** A text that a command prints and takes from files: a dictionary, a template, a health check, a worker's settings. */
export interface LabTextCommand extends Pick<LabText, "kind" | "name"> {
  /** `the dictionary of bbb-01` */
  readonly title: string;
  /** Undefined where there is none. */
  read(): Promise<string | undefined>;
  /** What is said where there is none. */
  readonly missing: { readonly code: string; readonly message: string };
  write(text: string, reason: string | undefined): Promise<void>;
}

export interface LabTextOptions {
  readonly reason?: string;
  readonly revisions?: boolean;
  readonly revision?: number;
  readonly restore?: number;
}

/** Checks a text as a sync would; warnings are told. @throws ERR_SYNC_REFUSED with file and line */
async function checkedText({ store, io, out, checkHealthCheck }: Admin, text: Omit<LabText, "text">): Promise<string> {
  const { checkText } = await import("@basalt/server");
  const source = await readTextFile(io, text.file);
  const { warnings } = await checkText(store, { ...text, text: source }, checkHealthCheck);
  for (const warning of warnings) out.say(`warning: ${warning}`);
  return source;
}

async function take(admin: Admin, command: LabTextCommand, file: string, reason: string | undefined): Promise<void> {
  const { kind, name, title, write } = command;
  const text = await checkedText(admin, { kind, name, file });
  if (text === "") admin.mustBeConfirmed(`take ${title} away (${file} is empty); --restore brings it back`);
  await write(text, reason);
  admin.out.say(text === "" ? `${title} is taken away` : `${title} is ${file} now`);
}

async function restore({ services, asker, out }: Admin, command: LabTextCommand, options: LabTextOptions) {
  const { kind, name, title, write } = command;
  const { restore: revision = 0, reason = `revision ${revision} again` } = options;
  await write(await services.texts.revision(asker, { kind, name }, revision), reason);
  out.say(`${title} is as in revision ${revision} now`);
}

/** Prints a text, or what it was; takes it from a file, or as it was. */
export async function runLabText(
  admin: Admin,
  command: LabTextCommand,
  { file, ...options }: LabTextOptions & { readonly file: string | undefined },
): Promise<void> {
  const { services, asker, out } = admin;
  const { kind, name, read, missing } = command;
  const { revision, reason } = options;
  const asked = [options.revisions, revision, options.restore].some((option) => option !== undefined);
  if (file !== undefined && asked)
    throw configurationError("ERR_USAGE", "with a file there is nothing to restore or to print: leave one of them out");
  if (file !== undefined) return take(admin, command, file, reason);
  if (options.restore !== undefined) return restore(admin, command, options);
  if (revision !== undefined) return out.write(await services.texts.revision(asker, { kind, name }, revision));
  if (options.revisions)
    return out.list(await services.texts.revisions(asker, { kind, name }), {
      revision: ({ revision: number, current }) => `${number}${current ? " (now)" : ""}`,
      at: ({ created_on }) => moment(created_on),
      by: ({ author }) => author,
      why: (item) => [...(item.removed ? ["taken away"] : []), item.reason].filter((part) => part !== "").join(": "),
    });
  const text = await read();
  if (text === undefined) throw configurationError(missing.code, missing.message);
  out.write(text);
}

/** The file that such a command takes, and its options. */
export const withLabText = (command: Command): Command =>
  command
    .argument("[file]", "the new one; an empty one takes it away, with --yes")
    .option("--reason <text>", "why it changes: kept with the revision")
    .option("--revisions", "who wrote it, when and why, newest first")
    .option("--revision <number>", "print it as it was in this revision", wholeNumber(1))
    .option("--restore <number>", "write it again as it was in this revision", wholeNumber(1));
