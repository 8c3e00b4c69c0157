import { wireLimits } from "@basalt/core";

const leastBytes = 32 * 1024;
const mostBytes = wireLimits.messageBytes;
/** Answers faster than this let more be under way; slower than `slowMs`, less. */
const fastMs = 500;
const slowMs = 2_000;

/**
 * How many bytes of logs of all jobs may be under way: as many as the server answers within a second or two. On a slow line
 * a PING is so never stuck behind minutes of logs, and a slow server is not flooded.
 */
export interface SendWindow {
  readonly bytes: number;
  /** Most bytes of one LOG. */
  readonly partBytes: number;
  answered(latencyMs: number): void;
}

export function makeSendWindow(): SendWindow {
  let bytes = 256 * 1024;
  return {
    get bytes() {
      return bytes;
    },
    get partBytes() {
      return Math.min(wireLimits.logBytes, Math.max(leastBytes, bytes / 4));
    },
    answered(latencyMs) {
      if (latencyMs < fastMs) bytes = Math.min(mostBytes, bytes * 2);
      else if (latencyMs > slowMs) bytes = Math.max(leastBytes, bytes / 2);
    },
  };
}
