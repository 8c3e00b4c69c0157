import type { Command } from "commander";
import type { Io } from "../../io.js";
import type { OpenAdminStore } from "./open-store.js";
import type { Admin } from "./session.js";
import type { AdminArguments } from "./settings.js";

/** What a command's work gives: nothing, or an exit status that is not 0. */
type Status = number | undefined;

export interface AloneContext {
  readonly io: Io;
  readonly args: AdminArguments;
}

/** How commands run their work. What it needs is loaded only then: help needs none of it. */
export interface Runners {
  /** On the opened instance. */
  readonly run: (work: (admin: Admin) => Promise<Status> | Promise<void>, options?: OpenAdminStore) => Promise<void>;
  /** Without it, for commands that need none, or open it in a way of their own. */
  readonly alone: (work: (context: AloneContext) => Promise<Status> | Promise<void>) => Promise<void>;
}

export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** A group of commands, such as `basalt admin workers`. */
export const addGroup = (admin: Command, name: string, description: string): Command =>
  admin.command(name).description(description);

export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ basalt admin ${line}`).join("\n")}\n`;
