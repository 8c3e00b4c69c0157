import { split } from "shlex";
import { configurationError } from "../errors.js";

/** Splits a command line as a POSIX shell would (Python's shlex, as LAVA does), without running one. @throws ERR_COMMAND_SYNTAX (configuration) */
export function splitCommand(command: string): readonly string[] {
  try {
    const words = split(command);
    if (words.length > 0) return words;
  } catch (cause) {
    throw configurationError(
      "ERR_COMMAND_SYNTAX",
      `can't split the command line '${command}': ${(cause as Error).message}; quote it as for a shell`,
      { cause },
    );
  }
  throw configurationError("ERR_COMMAND_SYNTAX", `the command line '${command}' has no words: name a program to run`);
}
