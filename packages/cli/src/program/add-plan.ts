import { type Command, Option } from "commander";
import type { PlanArguments } from "../commands/plan.js";
import { deviceHelp, examples, needDevice, withPluginsAndTemplates } from "./options.js";

/** Adds `basalt plan`. */
export function addPlan(program: Command, run: (job: string, args: PlanArguments) => Promise<void>): void {
  needDevice(
    withPluginsAndTemplates(
      program
        .command("plan")
        .description("show what a job would do on a device, without touching it")
        .argument("<job>", "the job's file (YAML)")
        .option("-d, --device <file>", deviceHelp)
        .addOption(new Option("-f, --format <format>", "how to print it").choices(["tree", "json"]).default("tree"))
        .option("--strict", "refuse unknown keys, too"),
    ),
  )
    .addHelpText(
      "after",
      examples(
        "basalt plan job.yaml --device bbb.yaml",
        "basalt plan job.yaml -d bbb.yaml --format json | jq '.[].name'",
      ),
    )
    .action(run);
}
