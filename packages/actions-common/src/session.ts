import { type ActionContext, compilePattern, jobError, type Pattern } from "@basalt/core";
import type { Session } from "./slots.js";

/** Patterns of a job's prompts and messages: Python regular expressions, compiled once each. */
export const promptPatterns = (texts: readonly string[]): readonly Pattern[] =>
  texts.map((text) => compilePattern(text));

/** Types a line into the device and logs it, at the section's character delay. A `secret` line is typed, but not logged. */
export async function sendLine(
  session: Session,
  line: string,
  ctx: ActionContext,
  { secret = false } = {},
): Promise<void> {
  ctx.log.write("input", secret ? "[MASKED]" : line);
  await session.console.send(line + session.lineSeparator, {
    characterDelayMs: ctx.characterDelayMs,
    signal: ctx.signal,
  });
}

/** Waits for one of the session's prompts, until the action's time is up. Gives what came before it. */
export async function waitForPrompt(session: Session, ctx: ActionContext): Promise<string> {
  const { before } = await session.console.expect(promptPatterns(session.prompts), { signal: ctx.signal });
  return before;
}

const returnCode = "<LAVA_SIGNAL_RETRUNCODE (\\d+)>"; // sic: LAVA's spelling, which log readers know

/** Runs a command in the device's shell and checks its status. @throws ERR_SHELL_COMMAND (job) when it is not 0 */
export async function runInShell(session: Session, command: string, ctx: ActionContext): Promise<void> {
  await sendLine(session, `${command} ; printf "<LAVA_SIGNAL_RETRUNCODE $?>\\n"`, ctx);
  const hit = await session.console.expect([compilePattern(returnCode)], { signal: ctx.signal });
  const code = hit.groups[0];
  // before the prompt is waited for: a `cd` in the command may have changed it
  if (code !== "0")
    throw jobError("ERR_SHELL_COMMAND", `the device's shell ran '${command}', which ended with ${code}`);
  await waitForPrompt(session, ctx);
}
