import type { Command } from "commander";
import type { JobProcessArguments } from "../commands/job-process.js";
import { withPlugins } from "./options.js";

/** Adds `basalt job-process`, which no help shows: a worker's daemon starts it. */
export function addJobProcess(
  program: Command,
  run: (folder: string, args: JobProcessArguments) => Promise<void>,
): void {
  withPlugins(
    program
      .command("job-process", { hidden: true })
      .description("run the job of a worker's job folder; started by the worker's daemon, one process for each job")
      .argument("<folder>", "the job's folder")
      .option("--rescue", "tidy up after a job whose process died")
      .option("--how <text>", "how it died"),
  ).action(run);
}
