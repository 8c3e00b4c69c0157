import type { Clock } from "@basalt/core";

/** Calls back every `ms` until the signal aborts. */
export async function every(
  ms: number,
  options: { clock: Clock; signal: AbortSignal; tick: () => void },
): Promise<void> {
  const { clock, signal, tick } = options;
  while (!signal.aborted) {
    try {
      await clock.sleep(ms, { signal });
    } catch {
      return;
    }
    tick();
  }
}
