import type { Command } from "commander";
import type { SubmitArguments } from "../commands/submit.js";

/** Adds `basalt submit`. */
export function addSubmit(program: Command, run: (job: string, args: SubmitArguments) => Promise<void>): void {
  program
    .command("submit")
    .description("hand a job to a server, and follow it")
    .argument("<job>", "the job's file (YAML)")
    .option("--server <url>", "the server (default: BASALT_SERVER, else http://127.0.0.1:8000)")
    .option("--token-file <file>", "file with your token (default: BASALT_TOKEN); the file of a lab's login will do")
    .option("--follow", "show the log as it comes and the results at the end; Ctrl-C cancels the job")
    .addHelpText(
      "after",
      `
Examples:
  $ basalt submit job.yaml --follow --token-file ~/.basalt-token
`,
    )
    .action(run);
}
