import { type BasaltError, type Clock, type ConnectionTransport, infrastructureError } from "@basalt/core";
import { formatTranscript, type Transcript, type TranscriptRecord } from "./transcript.js";

export interface ReplayOptions {
  /** How what the device said is cut: byte by byte, as it was recorded, or all that it says without being answered at once. */
  readonly by: "byte" | "record" | "all";
  /**
   * True: what is sent must be what was sent in the recording, byte for byte. False: a recorded line is answered by any line, other recorded
   * keys by any byte. True if absent.
   */
  readonly strict?: boolean;
  /** Replays at the recorded pace, by this clock; as fast as it is read if absent. */
  readonly clock?: Clock;
}

/** The device of a recording. */
export interface Replay extends ConnectionTransport {
  /** Resolves when all was said and sent; rejects when what was sent differs. */
  readonly finished: Promise<void>;
}

type Turn = {
  readonly direction: "<" | ">";
  readonly records: readonly TranscriptRecord[];
  readonly bytes: Uint8Array;
};

/** Consecutive records of one direction together. */
function turnsOf({ records }: Transcript): readonly Turn[] {
  const groups: TranscriptRecord[][] = [];
  for (const one of records) {
    const last = groups.at(-1);
    if (last?.[0]?.direction === one.direction) last.push(one);
    else groups.push([one]);
  }
  return groups.flatMap((group) =>
    group[0]
      ? [{ direction: group[0].direction, records: group, bytes: Buffer.concat(group.map(({ bytes }) => bytes)) }]
      : [],
  );
}

function pieces({ records, bytes }: Turn, by: ReplayOptions["by"]): readonly { atMs: number; bytes: Uint8Array }[] {
  if (by === "record") return records;
  const atMs = records.at(-1)?.atMs ?? 0;
  if (by === "all") return [{ atMs, bytes }];
  return records.flatMap((one) => [...one.bytes].map((byte) => ({ atMs: one.atMs, bytes: Uint8Array.of(byte) })));
}

const lineEnds = (bytes: Uint8Array): number => bytes.filter((byte) => byte === 10 || byte === 13).length;
const shown = (direction: "<" | ">", bytes: Uint8Array): string =>
  formatTranscript({ records: [{ atMs: 0, direction, bytes }] })
    .split("\n")
    .slice(1, -1)
    .map((line) => line.replace(/^\S+ . /, ""))
    .join("");

/** How many of the received bytes answer a turn; undefined where more must come. @throws ERR_REPLAY_DIFFERS */
function answered(turn: Turn, got: Uint8Array, strict: boolean): number | undefined {
  const wanted = turn.bytes;
  if (!strict) {
    const ends = lineEnds(wanted);
    if (ends === 0 ? got.length > 0 : lineEnds(got) >= ends) return got.length;
    return undefined;
  }
  const length = Math.min(wanted.length, got.length);
  for (let i = 0; i < length; i++) {
    if (got[i] !== wanted[i])
      throw infrastructureError(
        "ERR_REPLAY_DIFFERS",
        `${(turn.records[0]?.atMs ?? 0) / 1000} s into the recording '${shown(">", wanted)}' was sent; now '${shown(">", got)}' was`,
      );
  }
  return got.length >= wanted.length ? wanted.length : undefined;
}

/** Plays the device of a transcript: says what it said, whenever it is sent what it was sent. At the end the line closes. */
export function replay(transcript: Transcript, { by, strict = true, clock }: ReplayOptions): Replay {
  let received: Uint8Array = new Uint8Array();
  let wake = (): void => {};
  let hungUp = false;
  let to: ReadableStreamDefaultController<Uint8Array> | undefined;
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      to = controller;
    },
    cancel() {
      to = undefined;
    },
  });
  const { signal } = new AbortController();
  const startedAt = clock?.monotonic() ?? 0;

  const hear = async (turn: Turn): Promise<void> => {
    for (;;) {
      const used = answered(turn, received, strict);
      if (used !== undefined) {
        received = received.slice(used);
        return;
      }
      if (hungUp)
        throw infrastructureError(
          "ERR_REPLAY_DIFFERS",
          `hung up before '${shown(">", turn.bytes)}' was sent, as it was in the recording`,
        );
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const play = async (): Promise<void> => {
    for (const turn of turnsOf(transcript)) {
      if (turn.direction === ">") {
        await hear(turn);
        continue;
      }
      for (const { atMs, bytes } of pieces(turn, by)) {
        if (clock) await clock.sleep(Math.max(0, startedAt + atMs - clock.monotonic()), { signal });
        to?.enqueue(bytes);
      }
    }
  };
  const finished = play().then(
    () => to?.close(),
    (error: BasaltError) => {
      to?.error(error);
      throw error;
    },
  );
  finished.catch(() => {});
  return {
    readable,
    writable: new WritableStream<Uint8Array>({
      write(bytes) {
        received = Buffer.concat([received, bytes]);
        wake();
      },
    }),
    finished,
    [Symbol.asyncDispose]: async () => {
      hungUp = true;
      wake();
    },
  };
}
