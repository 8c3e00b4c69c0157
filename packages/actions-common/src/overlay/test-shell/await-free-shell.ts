import { type ActionContext, compilePattern } from "@basalt/core";
import { promptPatterns, sendLine } from "../../session.js";
import type { Session } from "../../slots.js";
import { readSignal, signalPattern } from "../signals/signal.js";

const signals = compilePattern(signalPattern);

/** What the helpers want to hear of a signal that nobody waits for any more; undefined where they don't ask, or it came damaged. */
function lateAnswer(text: string): string | undefined {
  const read = readSignal(text);
  if (read.state === "damaged" || !read.asks || !read.signal.sequence) return undefined;
  return `#${read.signal.sequence}`;
}

/**
 * Waits until the shell takes commands. A test that was given up (lava-test-raise, a timeout) may still ask whether its signals came:
 * it is answered, so that it comes to its end and a retry finds the prompt, as it does with LAVA's own helpers.
 */
export async function awaitFreeShell(session: Session, ctx: ActionContext): Promise<void> {
  const { characterDelayMs, clock, signal } = ctx;
  const patterns = [signals, ...promptPatterns(session.prompts)];
  await sendLine(session, "#", ctx);
  for (;;) {
    const { index, text } = await session.console.expect(patterns, { signal });
    if (index > 0) return;
    const answer = lateAnswer(text);
    if (answer !== undefined)
      await session.console.send(answer + session.lineSeparator, { characterDelayMs, clock, signal });
  }
}
