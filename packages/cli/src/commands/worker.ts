import { systemClock } from "@basalt/core";
import { makeDaemonLog } from "@basalt/link";
import { startWorker } from "@basalt/worker";
import { exitStatus } from "../exit-status.js";
import type { Io } from "../io.js";
import { ownPackage } from "../own-package.js";
import { readWorkerSettings, type WorkerSettings } from "../settings/worker-settings.js";

/** Options of `basalt worker` as they are written; {@link readWorkerSettings} checks them. */
export type WorkerArguments = {
  readonly [Key in Exclude<keyof WorkerSettings, "encrypt" | "plugin">]?: string;
} & { readonly encrypt?: boolean; readonly plugin: readonly string[]; readonly config?: string };

/** How this very command starts a job's process. */
function jobCommand({ plugin, settings }: WorkerSettings): readonly string[] {
  const [, script = ""] = process.argv;
  return [
    process.execPath,
    ...process.execArgv,
    script,
    "job-process",
    ...plugin.flatMap((name) => ["--plugin", name]),
    ...(settings === undefined ? [] : ["--config", settings]),
  ];
}

/** `basalt worker`: runs jobs for a server until it is told to stop. Its jobs go on then, and the next one takes them up. */
export async function workerCommand(args: WorkerArguments, io: Io): Promise<number> {
  const settings = await readWorkerSettings({ cwd: io.cwd, env: io.env, args });
  const { server, name, stateFolder, workerKey, serverKey, logLevel, logFormat } = settings;
  const clock = io.clock ?? systemClock;
  const log = makeDaemonLog(io.stderr, { level: logLevel, format: logFormat, name: "worker", clock });
  let stop = (_status: number): void => {};
  const stopped = new Promise<number>((resolve) => {
    stop = resolve;
  });
  const offSignal = io.onSignal((signal) => {
    log.info(`${signal}: the worker stops, its jobs go on`);
    stop(exitStatus.ok);
  });
  // not io.kill(): that would end the jobs, too
  const offFatal = io.onFatal((error) => {
    log.error(`a bug of Basalt, the worker stops: ${error instanceof Error ? error.stack : error}`);
    stop(exitStatus.bug);
  });
  try {
    await using _worker = await startWorker({
      server,
      name,
      stateFolder,
      version: ownPackage().version,
      command: jobCommand(settings),
      ...(settings.encrypt ? { encryption: { workerKey, serverKey } } : {}),
      log,
      clock,
    });
    return await stopped;
  } finally {
    offSignal();
    offFatal();
  }
}
