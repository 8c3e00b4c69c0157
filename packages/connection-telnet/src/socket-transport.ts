import type { Socket } from "node:net";
import { type ConnectionTransport, infrastructureError } from "@basalt/core";

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
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      let open = true;
      socket.on("data", (chunk: Buffer) => {
        const data = decode(chunk);
        heardBytes += data.byteLength;
        if (heardBytes <= longestRefusal) heard += Buffer.from(data).toString("latin1");
        if (open && data.byteLength > 0) controller.enqueue(data);
      });
      const end = (error?: unknown): void => {
        if (!open) return;
        open = false;
        if (heardBytes <= longestRefusal && busy.test(heard))
          controller.error(infrastructureError("ERR_CONNECTION_BUSY", `the console at ${what} is in use by somebody else: it said '${heard.trim()}'`));
        else if (error) controller.error(error);
        else controller.close();
      };
      socket.once("error", end);
      socket.once("close", () => end());
    },
    cancel: () => void socket.destroy(),
  });
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
