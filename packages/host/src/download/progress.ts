import type { Clock, DownloadOptions } from "@basalt/core";

const everyMs = 250;

/** Tells of progress at most four times a second; the rate is of the bytes that came over the wire, not of those resumed. */
export function progressMeter(clock: Clock, onProgress: DownloadOptions["onProgress"]) {
  const startedAt = clock.monotonic();
  let toldAt = startedAt;
  let received = 0;
  return (step: {
    readonly received: number;
    readonly bytes: number;
    readonly totalBytes?: number | undefined;
    readonly last?: boolean;
  }): void => {
    received += step.received;
    const now = clock.monotonic();
    if (!onProgress || (!step.last && now - toldAt < everyMs)) return;
    toldAt = now;
    onProgress({
      bytes: step.bytes,
      ...(step.totalBytes === undefined ? {} : { totalBytes: step.totalBytes }),
      bytesPerSecond: Math.round((received * 1000) / Math.max(1, now - startedAt)),
    });
  };
}
export type ProgressMeter = ReturnType<typeof progressMeter>;
