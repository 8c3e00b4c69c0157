import type { Socket } from "node:net";
import { type ConnectionTransport, infrastructureError, pushedReadable } from "@basalt/core";

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

/** A connected socket as a console's transport. A server that hangs up with "port in use" ends it with ERR_CONNECTION_BUSY. */
export function socketTransport(socket: Socket, { what, decode, encode }: SocketTransportOptions): ConnectionTransport {
  let heard = "";
  let heardBytes = 0;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const incoming = pushedReadable(() => void socket.destroy());
  const { readable } = incoming;
  socket.on("data", (chunk: Buffer) => {
    const data = decode(chunk);
    heardBytes += data.byteLength;
    if (heardBytes <= longestRefusal) heard += Buffer.from(data).toString("latin1");
    incoming.push(data);
  });
  const end = (error?: unknown): void => {
    const refused = heardBytes <= longestRefusal && busy.test(heard);
    const said = `the console at ${what} is in use by somebody else: it said '${heard.trim()}'`;
    incoming.end(refused ? infrastructureError("ERR_CONNECTION_BUSY", said) : error);
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
  return {
    readable,
    writable,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}
