import { assembleJobSchema, contributionsOf } from "@basalt/core";
import { exitStatus } from "../exit-status.js";
import type { Io } from "../io.js";
import { findPlugins } from "../plugins/plugin-catalog.js";
import type { PluginArguments } from "./plan.js";

export interface SchemaArguments extends PluginArguments {
  readonly strict?: boolean;
}

/** `basalt schema`: the JSON Schema of jobs, from core and all plugins there are. */
export async function schemaCommand(args: SchemaArguments, io: Io): Promise<number> {
  const catalog = await findPlugins({ cwd: io.cwd, plugins: args.plugin, config: args.config });
  const plugins = await catalog.loadAllForJobs();
  const contributions = plugins.flatMap((plugin) => contributionsOf(plugin));
  const schema = assembleJobSchema(contributions, { strict: args.strict ?? false });
  io.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
  return exitStatus.ok;
}
