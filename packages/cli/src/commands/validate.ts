import { toBasaltError, toJob } from "@basalt/core";
import { checkJob, driversFor, pluginsFor } from "@basalt/plugin-loader";
import { exitStatus, statusOfRefusal, worstStatus } from "../exit-status.js";
import type { Io } from "../io.js";
import { type DeviceInput, deviceInput, type TemplateArguments } from "../job/device-input.js";
import { type InputFile, inputFile } from "../job/input-file.js";
import { prepareFiles } from "../job/prepare-files.js";
import { readJob } from "../job/read-job.js";
import type { FoundPlugins } from "../plugins/plugin-catalog.js";
import { refusal } from "../refusal.js";
import { openCatalog, type PluginArguments } from "./plugin-arguments.js";

export interface ValidateArguments extends PluginArguments, TemplateArguments {
  readonly device?: string;
  readonly strict?: boolean;
}

interface Check {
  readonly strict: boolean;
  readonly device: DeviceInput | undefined;
  readonly catalog: FoundPlugins;
}

/** Checks one job; gives what its author should know. @throws what is wrong */
async function check(job: InputFile, { strict, device, catalog }: Check): Promise<readonly string[]> {
  if (device !== undefined) {
    const prepared = await prepareFiles({ job, device, strict, catalog });
    await driversFor(prepared.device, catalog);
    return prepared.warnings;
  }
  const document = await readJob(job);
  const plugins = await pluginsFor(document.value, catalog);
  const warnings = await checkJob(document, plugins, { strict, catalog, extraContext: catalog.config.extraContext });
  toJob(document.value);
  return warnings;
}

/** `basalt validate`: checks all of the jobs; the worst of them gives the exit status. */
export async function validateCommand(jobs: readonly string[], args: ValidateArguments, io: Io): Promise<number> {
  const catalog = await openCatalog(args, io);
  const device = args.device === undefined ? undefined : deviceInput(args.device, args, io, catalog.config);
  const codes: number[] = [];
  for (const given of jobs) {
    const job = inputFile(io.cwd, given);
    try {
      const warnings = await check(job, { strict: args.strict ?? false, device, catalog });
      for (const warning of warnings) io.stderr.write(`${warning}\n`);
      io.stdout.write(`${job.name}: ok\n`);
      codes.push(exitStatus.ok);
    } catch (thrown) {
      const error = toBasaltError(thrown);
      if (error.kind === "bug") throw error;
      io.stderr.write(`${refusal(error)}\n`);
      io.stdout.write(`${job.name}: refused\n`);
      codes.push(statusOfRefusal(error));
    }
  }
  return worstStatus(codes);
}
