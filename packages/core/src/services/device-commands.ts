import { infrastructureError } from "../errors.js";
import type { Log } from "../run/log.js";
import type { ProcessRunner } from "./process.js";
import { splitCommand } from "./split-command.js";

export interface DeviceCommandOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** What the commands are for, as the dictionary calls it: `hard_reset`. */
  readonly what: string;
}

/** Lines of a failed command's output that its error repeats. */
const quotedLines = 5;

/** As Python prints a list of strings, which is what LAVA's log has. */
const pythonList = (words: readonly string[]): string =>
  `[${words.map((word) => (word.includes("'") ? JSON.stringify(word) : `'${word.replaceAll("\\", "\\\\")}'`)).join(", ")}]`;

/**
 * Runs commands of the device's dictionary on the worker, one after the other, without a shell; logged as LAVA does (lava-dispatcher.md 3.7).
 * The first that fails ends the row.
 * @throws ERR_DEVICE_COMMAND (infrastructure) with the command's output when one fails; ERR_COMMAND_SYNTAX (configuration)
 */
export async function runDeviceCommands(
  runner: ProcessRunner,
  commands: readonly string[],
  { signal, log, what }: DeviceCommandOptions,
): Promise<void> {
  // all are read before the first is run: half a reset leaves a board in a state that nobody chose
  const all = commands.map((command) => ({ command, argv: splitCommand(command) }));
  for (const { command, argv } of all) {
    log.debug(`Calling: ${pythonList(argv)}`);
    const { code, endedBy, stdout, stderr, ms } = await runner.run(argv, {
      signal,
      onLine: (line) => log.debug(`>> ${line}`),
    });
    const status = code ?? endedBy ?? "no status";
    log.debug(`Returned ${status} in ${Math.floor(ms / 1000)} seconds`);
    if (code === 0) continue;
    const said = (stderr.trim() || stdout.trim()).split("\n").slice(-quotedLines).join("\n");
    throw infrastructureError(
      "ERR_DEVICE_COMMAND",
      `${what} failed: '${command}' ended with ${status}: ${said || "it printed nothing"}; run it by hand on the worker`,
      { details: { what, code, endedBy } },
    );
  }
}
