import { configurationError } from "@basalt/core";
import { split } from "shlex";

/** Splits a command line as a POSIX shell would (Python's shlex, as LAVA does), without running one. @throws ERR_COMMAND_SYNTAX (configuration) */
export function splitCommand(command: string): readonly string[] {
  try {
    return split(command);
  } catch (cause) {
    throw configurationError("ERR_COMMAND_SYNTAX", `can't split the command line '${command}': ${(cause as Error).message}`, { cause });
  }
}
