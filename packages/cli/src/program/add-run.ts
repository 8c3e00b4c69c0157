import { type Command, Option } from "commander";
import type { RunArguments } from "../commands/run.js";
import { deviceHelp, examples, needDevice, statuses, withPluginsAndTemplates } from "./options.js";

/** Adds `basalt run`. */
export function addRun(program: Command, run: (job: string, args: RunArguments) => Promise<void>): void {
  needDevice(
    withPluginsAndTemplates(
      program
        .command("run")
        .description("run a job on a device and print its results")
        .argument("<job>", "the job's file (YAML)")
        .option("-d, --device <file>", deviceHelp)
        .option(
          "-o, --output <dir>",
          "write output.yaml, description.yaml, results.yaml, junit.xml and console.log here",
        )
        .option("--strict", "refuse unknown keys, too")
        .option("--plain", "print lines also on a terminal, no live view")
        .addOption(new Option("--job-id <number>", "the job's id (default: made of the time)")),
    ),
  )
    .addHelpText(
      "after",
      examples(
        "basalt run job.yaml --device bbb.yaml",
        "basalt run job.yaml -d bbb.yaml -o results/ && echo all tests passed",
        "basalt run job.yaml -d bbb.yaml --plugin ./my-boot-method",
      ) +
        "\nCtrl-C cancels the job: the device is switched off, all is tidied up.\nA second one says what is still being done, a third ends everything at once.\n" +
        statuses,
    )
    .action(run);
}
