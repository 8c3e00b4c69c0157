import { parameterBlock, type ScriptRequest } from "./install-script.js";
import { shellQuoted } from "./shell-text.js";

/** Where a step runs a command given as text, `$1` is for that command, not for this script (lava-dispatcher.md 3.11). */
const protectDigits = (line: string): string =>
  /--(cmd|shell)\b/.test(line) ? line.replace(/\\?\$(\d)/g, (_, digit: string) => `\\$${digit}`) : line;

export interface RunScriptRequest extends ScriptRequest {
  readonly testName: string;
  /** Signals through the kernel's log (`lava-signal: kmsg`). */
  readonly kmsg: boolean;
  /** Milliseconds between characters typed in this test; 0 for none. */
  readonly characterDelayMs: number;
}

/** `run.sh` of a definition: its steps between the signals that open and close its suite. */
export function runScript(request: RunScriptRequest): string {
  const { definition, characterDelayMs, folder, kmsg, shell, testName } = request;
  return [
    `#!${shell}`,
    ...(kmsg ? ["# USE_KMSG"] : []),
    ...parameterBlock(request),
    "set -e",
    "set -x",
    `export TESTRUN_ID=${shellQuoted(testName)}`,
    ...(kmsg ? ["export KMSG=true"] : []),
    `cd ${shellQuoted(folder)}`,
    'UUID="$(cat uuid)"',
    "set +x",
    // a console that needs its typing slowed down may lose what the shell prints back meanwhile
    ...(characterDelayMs > 0 ? [`export CHARACTER_DELAY=${characterDelayMs}`, "sleep 1"] : []),
    "lava-signal STARTRUN $TESTRUN_ID $UUID",
    "set -x",
    ...definition.steps.map(protectDigits),
    "set +x",
    "lava-signal ENDRUN $TESTRUN_ID $UUID",
    "",
  ].join("\n");
}
