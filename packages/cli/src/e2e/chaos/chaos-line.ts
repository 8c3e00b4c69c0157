import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { systemClock } from "@basalt/core";
import type { Random } from "./random.js";

/** A TCP line between a worker and the server on which everything goes wrong that goes wrong on networks. */
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
  /** All is well again. */
  calm(): void;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isLossy: boolean;
  /** The worker's side is gone already; when the server hears of it. */
  hauntsUntil?: Promise<void>;
}

const mostWaiting = 1 << 20;

export async function openChaosLine(port: number, random: Random): Promise<ChaosLine> {
  const pairs = new Set<Pair>();
  let mode: "open" | "hold" | "swallow" = "open";
  let mostDelayMs = 0;
  let release = (): void => {};
  let gate: Promise<void> = Promise.resolve();
  const stop = new AbortController();
  const sleep = (ms: number): Promise<void> => systemClock.sleep(ms, { signal: stop.signal }).catch(() => {});

  const carry = (pair: Pair, from: Socket, to: Socket): void => {
    let tail: Promise<unknown> = Promise.resolve();
    let waiting = 0;
    from.on("data", (chunk) => {
      if (mode === "swallow") {
        pair.isLossy = true;
        return;
      }
      waiting += chunk.length;
      if (waiting > mostWaiting) from.pause();
      const delayMs = random() * mostDelayMs;
      const holding = gate;
      tail = tail
        .then(() => holding)
        .then(() => (delayMs < 1 ? undefined : sleep(delayMs)))
        .then(() => (from === pair.near ? pair.hauntsUntil : undefined))
        .then(() => {
          if (!to.destroyed) to.write(chunk);
          waiting -= chunk.length;
          if (waiting <= mostWaiting) from.resume();
        });
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
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      stop.abort();
      calm();
      cut();
      await closed;
    },
  };
}
