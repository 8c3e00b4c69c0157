import { infrastructureError, type Log, type ProcessRunner } from "@basalt/core";
import { splitCommand } from "./split-command.js";

export interface DeviceCommandOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** What the commands are for, as the dictionary calls it: `hard_reset`. */
  readonly what: string;
}

/**
 * Runs commands of the device's dictionary on the worker, one after the other, without a shell; logged as LAVA does.
 * @throws ERR_DEVICE_COMMAND (infrastructure) with the command's output when one fails
 */
export async function runDeviceCommands(runner: ProcessRunner, commands: readonly string[], { signal, log, what }: DeviceCommandOptions): Promise<void> {
  for (const command of commands) {
    const argv = splitCommand(command);
    log.debug(`Calling: ${JSON.stringify(argv)}`);
    const { code, endedBy, stdout, stderr, ms } = await runner.run(argv, { signal, onLine: (line) => log.debug(`>> ${line}`) });
    log.debug(`Returned ${code ?? endedBy} in ${Math.round(ms / 1000)} seconds`);
    if (code === 0) continue;
    const said = (stderr.trim() || stdout.trim()).split("\n").slice(-5).join("\n");
    throw infrastructureError("ERR_DEVICE_COMMAND", `${what} failed: '${command}' ended with ${code ?? endedBy}: ${said || "it printed nothing"}`);
  }
}
