import type { Command } from "commander";
import type { Io } from "../io.js";

/** Adds `basalt admin`, without its many commands. */
export function addAdmin(program: Command): void {
  program.command("admin").description("look after a server: workers, devices, users, keys, texts, check, backup");
}

export interface LoadAdminOptions {
  readonly io: Io;
  readonly run: (work: () => Promise<number>) => Promise<void>;
}

/** Loads them where the command line asks for one, or for help about them. */
export async function loadAdmin(program: Command, options: LoadAdminOptions): Promise<void> {
  const admin = program.commands.find((command) => command.name() === "admin");
  if (!admin) return;
  const { fillAdmin } = await import("../commands/admin/program.js");
  fillAdmin(admin, options);
}

/** Whether a command line is about `basalt admin`: the others need not wait for its many commands. */
export const isAboutAdmin = (argv: readonly string[]): boolean =>
  argv[0] === "admin" || (argv[0] === "help" && argv[1] === "admin");
