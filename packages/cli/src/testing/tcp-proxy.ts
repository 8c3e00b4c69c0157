import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A line between worker and server that can be cut, held up, or made lossy. */
export interface TcpProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** Ends all connections; `abruptly` without a word to either side's application (RST). */
  cut(): void;
  /** Swallows everything from now on, in both directions, without ending the connections: a firewall that forgot them. */
  blackhole(): void;
  /** Holds everything back until {@link release}. */
  hold(): void;
  /** Undoes hold and blackhole; connections that lost bytes are cut. */
  release(): void;
  /** Cuts after so many more bytes from the worker. */
  cutAfter(bytes: number): void;
  /** Where connections go from now on. */
  target: string;
}

export async function openTcpProxy(target: string): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const lossy = new Set<Socket>();
  let mode: "open" | "hold" | "blackhole" = "open";
  let left = Number.POSITIVE_INFINITY;
  const proxy: { target: string } = { target };
  const cut = (): void => {
    left = Number.POSITIVE_INFINITY;
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };
  const pipe = (from: Socket, to: Socket, counts: boolean): void => {
    from.on("data", (chunk) => {
      if (mode === "blackhole") {
        lossy.add(from);
        return;
      }
      if (counts && chunk.length >= left) {
        to.write(chunk.subarray(0, left));
        return cut();
      }
      if (counts) left -= chunk.length;
      to.write(chunk);
    });
  };
  const server = createServer((near) => {
    const { hostname, port } = new URL(proxy.target);
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        pairs.delete(pair);
        other.destroy();
      });
      if (mode === "hold") socket.pause();
    }
    pipe(near, far, true);
    pipe(far, near, false);
    if (mode === "hold") for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(proxy, {
    endpoint: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    blackhole() {
      mode = "blackhole";
    },
    hold() {
      mode = "hold";
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    release() {
      mode = "open";
      for (const pair of pairs)
        for (const socket of pair) {
          if (lossy.delete(socket)) socket.resetAndDestroy();
          else socket.resume();
        }
    },
    cutAfter(bytes: number) {
      left = bytes;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  });
}
