import type { Command } from "commander";
import type { SchemaArguments } from "../commands/schema.js";
import { examples, withPlugins } from "./options.js";

/** Adds `basalt schema`. */
export function addSchema(program: Command, run: (args: SchemaArguments) => Promise<void>): void {
  withPlugins(
    program
      .command("schema")
      .description("print the JSON Schema of jobs, for editors")
      .option("--strict", "the schema that refuses unknown keys"),
  )
    .addHelpText("after", examples("basalt schema > job.schema.json"))
    .action(run);
}
