import { type Clock, systemClock, type Transport } from "@basalt/core";
import type { Transcript, TranscriptRecord } from "./transcript.js";

/** A transport that notes down what passes. */
export interface Recording {
  /** Use it in place of the recorded one. */
  readonly transport: Transport;
  /** What has passed up to now. */
  transcript(): Transcript;
}

/** Records a session on a transport. */
export function record(of: Transport, clock: Clock = systemClock): Recording {
  const startedAt = clock.monotonic();
  const records: TranscriptRecord[] = [];
  const note = (direction: "<" | ">", bytes: Uint8Array): void => {
    records.push({ atMs: Math.round(clock.monotonic() - startedAt), direction, bytes: bytes.slice() });
  };
  const writer = of.writable.getWriter();
  const tap = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      note("<", bytes);
      controller.enqueue(bytes);
    },
  });
  const writable = new WritableStream<Uint8Array>({
    async write(bytes) {
      note(">", bytes);
      await writer.write(bytes);
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
  return {
    transport: { readable: of.readable.pipeThrough(tap), writable },
    transcript: () => ({ records: [...records] }),
  };
}
