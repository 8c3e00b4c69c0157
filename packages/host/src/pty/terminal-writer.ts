import { writeSync } from "node:fs";
import { type BasaltError, type Clock, infrastructureError } from "@basalt/core";

/** What is used of node-pty's terminal beyond its types (1.1.0; pinned in package.json). */
export interface TerminalEnd {
  readonly fd: number;
  readonly _socket: { readonly destroyed: boolean };
}

/** How long a full terminal is left alone before the next try, at first and at most. */
const firstWaitMs = 2;
const longestWaitMs = 50;

/**
 * Writes to a terminal whose program may not read. node-pty's own write goes through a libuv tty handle, which for our end of a pseudo
 * terminal blocks the whole process until the program reads (libuv: UV_HANDLE_BLOCKING_WRITES); the descriptor itself does not block.
 */
export function terminalWriter(
  term: TerminalEnd,
  options: { readonly program: string; readonly clock: Clock; readonly closed: AbortSignal },
): WritableStream<Uint8Array> {
  const { program, clock, closed } = options;
  return new WritableStream<Uint8Array>(
    {
      async write(chunk) {
        let waitMs = firstWaitMs;
        for (let at = 0; at < chunk.length; ) {
          const written = tryWrite(term, chunk, at, { program, closed });
          at += written;
          if (written > 0) {
            waitMs = firstWaitMs;
            continue;
          }
          await clock.sleep(waitMs, { signal: closed }).catch(() => {});
          waitMs = Math.min(waitMs * 2, longestWaitMs);
        }
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
  );
}

/** One write that does not wait; the check and the write in one turn, so that the descriptor is still ours. Gives the bytes taken. */
function tryWrite(
  term: TerminalEnd,
  chunk: Uint8Array,
  at: number,
  { program, closed }: { program: string; closed: AbortSignal },
): number {
  if (closed.aborted || term._socket.destroyed) throw closedError(program);
  try {
    return writeSync(term.fd, chunk, at);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN") return 0;
    throw closedError(program, error);
  }
}

const closedError = (program: string, cause?: unknown): BasaltError =>
  infrastructureError("ERR_CONNECTION_CLOSED", `cannot write to "${program}": the program in the terminal has ended`, {
    ...(cause === undefined ? {} : { cause }),
    details: { program },
  });
