import { type ActionContext, BasaltError, type ConsoleMatch } from "@basalt/core";

/** How long a bootloader without echo may take for its next prompt, after one with nothing before it. */
const noEchoMs = 1_000;

/**
 * Waits for the prompt behind the first command. The key that stopped the bootloader came with a newline, so an empty prompt may already
 * stand in front of the command's echo: taking it for the command's own would keep the typist one command ahead of the board, and what is
 * typed during a transfer is lost (seen on U-Boot 2023.01: `tenv serverip`). A prompt with nothing before it counts only when no other
 * one follows.
 */
export async function promptBehindFirst(
  expect: (timeoutMs?: number) => Promise<ConsoleMatch>,
  ctx: Pick<ActionContext, "signal" | "log">,
): Promise<ConsoleMatch> {
  let hit = await expect();
  while (hit.index === 0 && hit.before.trim() === "") {
    ctx.log.debug("that prompt is from before the command");
    try {
      hit = await expect(noEchoMs);
    } catch (error) {
      if (!ctx.signal.aborted && error instanceof BasaltError && error.code === "ERR_CONSOLE_TIMEOUT") return hit;
      throw error;
    }
  }
  return hit;
}
