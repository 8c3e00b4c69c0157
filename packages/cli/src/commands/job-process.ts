import { resolve } from "node:path";
import { systemClock } from "@basalt/core";
import { type JobSetUp, rescueJob, runJobProcess } from "@basalt/worker/job-process";
import { exitStatus } from "../exit-status.js";
import type { Io } from "../io.js";
import { ownPackage } from "../own-package.js";
import { readConfig } from "../plugins/config.js";
import { findPlugins } from "../plugins/plugin-catalog.js";
import type { PluginArguments } from "./plugin-arguments.js";

export interface JobProcessArguments extends PluginArguments {
  /** The job's process has died: tidy up after it. */
  readonly rescue?: boolean;
  /** How it died. */
  readonly how?: string;
}

/** `basalt job-process`: what the worker's daemon starts for each job, in the job's folder. How the job ended stands in `end.json` there. */
export async function jobProcessCommand(folder: string, args: JobProcessArguments, io: Io): Promise<number> {
  const setUp = async (): Promise<JobSetUp> => {
    const config = await readConfig(io.cwd, args.config);
    const catalog = await findPlugins({ cwd: io.cwd, plugins: args.plugin, config });
    return { catalog, dispatcher: config.dispatcher };
  };
  const options = { clock: io.clock ?? systemClock, setUp };
  const path = resolve(io.cwd, folder);
  if (args.rescue) await rescueJob(path, { ...options, ...(args.how === undefined ? {} : { how: args.how }) });
  else await runJobProcess(path, { ...options, signals: io, version: ownPackage().version });
  return exitStatus.ok;
}
