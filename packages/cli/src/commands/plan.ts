import { describePipeline } from "@basalt/core";
import { exitStatus } from "../exit-status.js";
import type { Io } from "../io.js";
import { deviceInput, type TemplateArguments } from "../job/device-input.js";
import { inputFile } from "../job/input-file.js";
import { prepareFiles } from "../job/prepare-files.js";
import { makePaint } from "../view/paint.js";
import { planTree } from "../view/plan-tree.js";
import { terminalFacts } from "../view/terminal.js";
import { openCatalog, type PluginArguments } from "./plugin-arguments.js";

export interface PlanArguments extends PluginArguments, TemplateArguments {
  readonly device: string;
  readonly format: "tree" | "json";
  readonly strict?: boolean;
}

/** `basalt plan`: what a job would do on a device. Touches no hardware. */
export async function planCommand(job: string, args: PlanArguments, io: Io): Promise<number> {
  const catalog = await openCatalog(args, io);
  const { pipeline, warnings } = await prepareFiles({
    job: inputFile(io.cwd, job),
    device: deviceInput(args.device, args, io, catalog.config),
    strict: args.strict ?? false,
    catalog,
    showOnly: true,
  });
  for (const warning of warnings) io.stderr.write(`${warning}\n`);
  if (args.format === "json") {
    io.stdout.write(`${JSON.stringify(describePipeline(pipeline), null, 2)}\n`);
    return exitStatus.ok;
  }
  const paint = makePaint(terminalFacts(io.stdout, io.env));
  io.stdout.write(`${(await planTree(pipeline, paint)).join("\n")}\n`);
  return exitStatus.ok;
}
