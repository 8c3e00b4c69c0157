export interface OwnJobProcess {
  /** Plugins beside those that come with the command. */
  readonly plugins: readonly string[];
  /** basalt.config.yaml for jobs. */
  readonly config?: string | undefined;
}

/** How this very command starts a job's process: its argv before the job's folder. */
export function ownJobProcess({ plugins, config }: OwnJobProcess): readonly string[] {
  const [, script = ""] = process.argv;
  return [
    process.execPath,
    ...process.execArgv,
    script,
    "job-process",
    ...plugins.flatMap((name) => ["--plugin", name]),
    ...(config === undefined ? [] : ["--config", config]),
  ];
}
