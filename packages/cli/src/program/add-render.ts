import { type Command, Option } from "commander";
import type { RenderArguments } from "../commands/render.js";
import { collect, examples, withTemplates } from "./options.js";

/** Adds `basalt render`. */
export function addRender(
  program: Command,
  run: (names: readonly string[], args: RenderArguments) => Promise<void>,
): void {
  withTemplates(
    program
      .command("render")
      .description("print what device templates render")
      .argument("<name...>", "names of templates, or files")
      .addOption(
        new Option("--context <key=value>", "set a variable (may be repeated)").argParser(collect).default([], ""),
      )
      .option("--job <file>", "take the job's context")
      .option("-o, --out <dir>", "write NAME.yaml for each here")
      .option("--config <file>", "settings file (default: basalt.config.yaml, if there is one)"),
  )
    .addHelpText(
      "after",
      examples(
        "basalt render qemu --context arch=arm64 --context memory=1024",
        "basalt render lab-bbb-1 --templates /etc/lab/devices --templates /etc/lab/device-types",
        "basalt render lab-bbb-1 lab-bbb-2 --templates lab/ --out rendered/",
      ),
    )
    .action(run);
}
