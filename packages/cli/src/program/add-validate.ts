import type { Command } from "commander";
import type { ValidateArguments } from "../commands/validate.js";
import { deviceHelp, examples, withPluginsAndTemplates } from "./options.js";

/** Adds `basalt validate`. */
export function addValidate(
  program: Command,
  run: (jobs: readonly string[], args: ValidateArguments) => Promise<void>,
): void {
  withPluginsAndTemplates(
    program
      .command("validate")
      .description("check jobs; with a device, also that it can run them")
      .argument("<job...>", "the jobs' files (YAML)")
      .option("-d, --device <file>", deviceHelp)
      .option("--strict", "unknown keys are errors, not warnings"),
  )
    .addHelpText(
      "after",
      examples(
        "basalt validate job.yaml",
        "basalt validate jobs/*.yaml --strict",
        "basalt validate job.yaml --device bbb.yaml",
      ),
    )
    .action(run);
}
