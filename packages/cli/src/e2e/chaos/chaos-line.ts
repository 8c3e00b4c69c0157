import { setMaxListeners } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { systemClock } from "@basalt/core";
import { type LinkHeader, messageSplitter, type Piece } from "./link-messages.js";
import type { Random } from "./random.js";

/** A TCP line between a worker and the server on which everything goes wrong that goes wrong on networks, and more. */
export interface ChaosLine extends AsyncDisposable {
  /** Where the worker dials. */
  readonly endpoint: string;
  /** Ends all connections at once (RST). */
  cut(): void;
  /** Holds everything back until {@link calm}. */
  hold(): void;
  /** Swallows everything without ending the connections, until {@link calm} ends them. */
  swallow(): void;
  /** Each chunk of each connection takes a while of its own, up to `mostMs`: connections overtake each other. */
  delay(mostMs: number): void;
  /** The worker loses its connections; what it had sent on them reaches the server late, when it has dialled again. */
  haunt(lateMs: number): void;
  /** Messages about jobs come twice, late, out of order, or not at all. */
  jumble(): void;
  /** All is well again. */
  calm(): void;
}

export interface ChaosLineOptions {
  /** The server's port. */
  readonly port: number;
  readonly random: Random;
  /** Hears each message about a job before the other side does; true keeps it from it. */
  readonly seen: (header: LinkHeader) => boolean;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isLossy: boolean;
  /** The worker's side is gone already; when the server hears of it. */
  hauntsUntil?: Promise<void>;
}

const mostWaiting = 1 << 20;
/** How late a message may come that was overtaken; a job's process takes longer to start, so that no START comes after its END. */
const lateMs = 200;

export async function openChaosLine({ port, random, seen }: ChaosLineOptions): Promise<ChaosLine> {
  const pairs = new Set<Pair>();
  let mode: "open" | "hold" | "swallow" = "open";
  let mostDelayMs = 0;
  let jumbles = false;
  let release = (): void => {};
  let gate: Promise<void> = Promise.resolve();
  const stop = new AbortController();
  // one for each message that is late
  setMaxListeners(0, stop.signal);
  const sleep = (ms: number): Promise<void> => systemClock.sleep(ms, { signal: stop.signal }).catch(() => {});

  /** What becomes of a message: how often it passes at once, and whether once more later. */
  const fate = ({ header }: Piece): { readonly now: number; readonly late: boolean } => {
    if (header?.job === undefined) return { now: 1, late: false };
    if (seen(header)) return { now: 0, late: false };
    if (!jumbles) return { now: 1, late: false };
    const what = random.weighted({ once: 16, twice: 3, again: 4, overtaken: 3, lost: 1 });
    return { now: { once: 1, twice: 2, again: 1, overtaken: 0, lost: 0 }[what], late: /again|over/.test(what) };
  };

  const carry = (pair: Pair, from: Socket, to: Socket): void => {
    const split = messageSplitter();
    let tail: Promise<unknown> = Promise.resolve();
    let waiting = 0;
    const pass = (bytes: Buffer, delayMs: number): void => {
      waiting += bytes.length;
      if (waiting > mostWaiting) from.pause();
      const holding = gate;
      tail = tail
        .then(() => holding)
        .then(() => (delayMs < 1 ? undefined : sleep(delayMs)))
        .then(() => (from === pair.near ? pair.hauntsUntil : undefined))
        .then(() => {
          if (!to.destroyed) to.write(bytes);
          waiting -= bytes.length;
          if (waiting <= mostWaiting) from.resume();
        });
    };
    from.on("data", (chunk) => {
      if (mode === "swallow") {
        pair.isLossy = true;
        return;
      }
      let delayMs = random() * mostDelayMs;
      for (const piece of split(chunk)) {
        const { now, late } = fate(piece);
        for (let times = 0; times < now; times++) pass(piece.bytes, delayMs);
        if (late) void sleep(random.below(lateMs)).then(() => pass(piece.bytes, 0));
        delayMs = 0;
      }
    });
    from.on("error", () => {});
    from.on("close", () => {
      pairs.delete(pair);
      void tail.then(() => pair.hauntsUntil).then(() => to.destroy());
    });
  };

  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    const pair: Pair = { near, far, isLossy: false };
    pairs.add(pair);
    for (const socket of [near, far]) socket.setNoDelay(true);
    carry(pair, near, far);
    carry(pair, far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const calm = (): void => {
    mode = "open";
    mostDelayMs = 0;
    jumbles = false;
    release();
    gate = Promise.resolve();
    for (const { near, far, isLossy } of pairs) if (isLossy) for (const socket of [near, far]) socket.resetAndDestroy();
  };
  const cut = (): void => {
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.resetAndDestroy();
  };
  return {
    endpoint: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    calm,
    hold() {
      calm();
      mode = "hold";
      gate = new Promise((resolve) => {
        release = resolve;
      });
    },
    swallow() {
      calm();
      mode = "swallow";
    },
    delay(mostMs) {
      calm();
      mostDelayMs = mostMs;
    },
    haunt(lateMs) {
      for (const pair of pairs) {
        pair.hauntsUntil = sleep(lateMs);
        pair.near.resetAndDestroy();
      }
    },
    jumble() {
      calm();
      jumbles = true;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      stop.abort();
      calm();
      cut();
      await closed;
    },
  };
}
