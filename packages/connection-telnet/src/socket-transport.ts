import type { Socket } from "node:net";
import {
  type BasaltError,
  type Clock,
  type ConnectionTransport,
  infrastructureError,
  pushedReadable,
} from "@basalt/core";

export interface SocketTransportOptions {
  /** Name of the far end for errors. */
  readonly what: string;
  decode(bytes: Uint8Array): Uint8Array;
  encode(bytes: Uint8Array): Uint8Array;
}

/** What console servers say before they hang up on a second user. */
const busy = /in use|busy|already (open|connected)|locked by/i;
/** A refusal is the first thing said; more text than this is a console. */
const longestRefusal = 400;
const wholeLine = /\S.*\n/;

export interface SocketConsole {
  readonly transport: ConnectionTransport;
  /** Waits until the console said something that is no refusal, or `limitMs` passed. @throws ERR_CONNECTION_BUSY (infrastructure) when it is in use */
  admitted(clock: Clock, limitMs: number): Promise<void>;
}

/** A connected socket as a console's transport. A server that hangs up with "port in use" ends it with ERR_CONNECTION_BUSY. */
export function socketConsole(socket: Socket, { what, decode, encode }: SocketTransportOptions): SocketConsole {
  let heard = "";
  let heardBytes = 0;
  let admit = (): void => {};
  const settled = new Promise<void>((resolve) => {
    admit = resolve;
  });
  let refusal: BasaltError | undefined;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const incoming = pushedReadable(() => void socket.destroy());
  const { readable } = incoming;
  socket.on("data", (chunk: Buffer) => {
    const data = decode(chunk);
    heardBytes += data.byteLength;
    if (heardBytes <= longestRefusal) heard += Buffer.from(data).toString("latin1");
    incoming.push(data);
    if (heardBytes > longestRefusal || (wholeLine.test(heard) && !busy.test(heard))) admit();
  });
  const end = (error?: unknown): void => {
    const refused = heardBytes <= longestRefusal && busy.test(heard);
    const said = `the console at ${what} is in use by somebody else: it said '${heard.trim()}'`;
    if (refused) refusal = infrastructureError("ERR_CONNECTION_BUSY", said);
    incoming.end(refusal ?? error);
    admit();
  };
  socket.once("error", end);
  socket.once("close", () => end());
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) =>
      new Promise((resolve, reject) => {
        socket.write(encode(chunk), (error) => (error ? reject(error) : resolve()));
      }),
    close: () => void socket.end(),
    abort: () => void socket.destroy(),
  });
  const transport: ConnectionTransport = {
    readable,
    writable,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
  return {
    transport,
    async admitted(clock, limitMs) {
      using deadline = clock.deadline(limitMs, `hearing from the console at ${what}`);
      deadline.signal.addEventListener("abort", admit, { once: true });
      await settled;
      deadline.signal.removeEventListener("abort", admit);
      if (refusal) throw refusal;
    },
  };
}
