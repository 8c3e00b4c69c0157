import { systemClock } from "@basalt/core";
import { makeDaemonLog } from "@basalt/link";
import { startWorker } from "@basalt/worker";
import type { Io } from "../io.js";
import { ownPackage } from "../own-package.js";
import { readConfig } from "../plugins/config.js";
import { findPlugins } from "../plugins/plugin-catalog.js";
import { ownJobProcess } from "../run/own-job-process.js";
import { untilStopped } from "../run/until-stopped.js";
import { makeStateFolder } from "../settings/make-state-folder.js";
import { readWorkerSettings, type WorkerSettings } from "../settings/worker-settings.js";

/** Options of `basalt worker` as they are written; {@link readWorkerSettings} checks them. */
export type WorkerArguments = {
  readonly [Key in Exclude<keyof WorkerSettings, "encrypt" | "plugin">]?: string;
} & { readonly encrypt?: boolean; readonly plugin: readonly string[]; readonly config?: string };

/** `basalt worker`: runs jobs for a server until it is told to stop. Its jobs go on then, and the next one takes them up. */
export async function workerCommand(args: WorkerArguments, io: Io): Promise<number> {
  const settings = await readWorkerSettings({ cwd: io.cwd, env: io.env, args });
  const { server, name, stateFolder, workerKey, serverKey, logLevel, logFormat } = settings;
  await makeStateFolder(stateFolder);
  const clock = io.clock ?? systemClock;
  // its jobs would fail one by one
  const config = await readConfig(io.cwd, settings.settings);
  await findPlugins({ cwd: io.cwd, plugins: settings.plugin, config });
  const log = makeDaemonLog(io.stderr, { level: logLevel, format: logFormat, name: "worker", clock });
  using until = untilStopped(io, { log, what: "the worker", jobs: "its jobs go on" });
  await using _worker = await startWorker({
    server,
    name,
    stateFolder,
    version: ownPackage().version,
    command: ownJobProcess({ plugins: settings.plugin, config: settings.settings }),
    ...(settings.encrypt ? { encryption: { workerKey, serverKey } } : {}),
    log,
    clock,
  });
  return await until.stopped;
}
