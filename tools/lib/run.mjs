import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Absolute path of a program, or undefined. Administrators' folders count too: mke2fs stands in /sbin, which users' PATH leaves out. */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A command that ended with another status than 0. */
export class CommandFailed extends Error {
  constructor(command, code, output) {
    super(`${command} ended with ${code}`);
    this.name = "CommandFailed";
    this.output = output;
  }
}

/**
 * Runs a command; gives what it printed (both streams). `onLine` is called for each line as it comes; `show` lets the command
 * write to this terminal itself. Rejects with {@link CommandFailed}.
 */
export function run(command, argv, { onLine, show = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argv, {
      stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
      ...options,
    });
    let output = "";
    let rest = "";
    const take = (chunk) => {
      output += chunk;
      const lines = (rest + chunk).split(/\r?\n|\r/);
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") onLine?.(line.trim());
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", take);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new CommandFailed([command, ...argv].join(" "), code ?? signal, output));
    });
  });
}
