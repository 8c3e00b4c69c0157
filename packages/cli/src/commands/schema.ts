import { assembleJobSchema, contributionsOf } from "@basalt/core";
import { exitStatus } from "../exit-status.js";
import type { Io } from "../io.js";
import { openCatalog, type PluginArguments } from "./plugin-arguments.js";

export interface SchemaArguments extends PluginArguments {
  readonly strict?: boolean;
}

/** `basalt schema`: the JSON Schema of jobs, from core and all plugins there are. */
export async function schemaCommand(args: SchemaArguments, io: Io): Promise<number> {
  const catalog = await openCatalog(args, io);
  const plugins = await catalog.loadAllForJobs();
  const contributions = plugins.flatMap((plugin) => contributionsOf(plugin));
  const schema = assembleJobSchema(contributions, { strict: args.strict ?? false });
  // our own annotations mean nothing to editors, and validators in a strict mode refuse them
  const standard = (key: string, value: unknown): unknown => (key.startsWith("x-") ? undefined : value);
  io.stdout.write(`${JSON.stringify(schema, standard, 2)}\n`);
  return exitStatus.ok;
}
