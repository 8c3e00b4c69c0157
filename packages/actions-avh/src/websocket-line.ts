import { type ConnectionTransport, infrastructureError } from "@basalt/core";
import { WebSocket } from "ws";

const bytesOf = (data: WebSocket.RawData): Uint8Array =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data;

/** The address has a token in it: no message may show it. */
function checked(url: string): URL {
  const read = URL.canParse(url) ? new URL(url) : undefined;
  if (read && /^wss?:$/.test(read.protocol)) return read;
  throw infrastructureError(
    "ERR_AVH_CONSOLE",
    "the address of the console that the API gave is not one of a websocket",
  );
}

/**
 * A console over websockets, one after the other: a virtual board's is closed when the board restarts while it is being made. Once
 * {@link keep} was called, the end of a websocket is the end of the line.
 */
export class WebSocketLine implements ConnectionTransport {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  #out: ReadableStreamDefaultController<Uint8Array> | undefined;
  #socket: WebSocket | undefined;
  #kept = false;

  constructor() {
    this.readable = new ReadableStream({
      start: (controller) => {
        this.#out = controller;
      },
      cancel: () => {
        this.#out = undefined;
      },
    });
    this.writable = new WritableStream({ write: (bytes) => this.#send(bytes) });
  }

  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Opens the next websocket. @throws ERR_AVH_CONSOLE (infrastructure) */
  async open(url: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const socket = new WebSocket(checked(url));
    const abort = (): void => socket.terminate();
    signal.addEventListener("abort", abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("open", resolve);
        socket.once("error", reject);
        socket.once("close", () => reject(new Error("it was closed at once")));
        socket.on("message", (data) => this.#out?.enqueue(bytesOf(data)));
        if (signal.aborted) abort();
      });
    } catch (cause) {
      signal.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw infrastructureError("ERR_AVH_CONSOLE", `can't open the console of the virtual board: ${why}`);
    } finally {
      signal.removeEventListener("abort", abort);
    }
    this.#socket = socket;
    socket.on("error", () => {}); // its close follows
    socket.on("close", () => {
      if (this.#kept) this.#end();
    });
  }

  /** From now on the line ends with its websocket, also if that has ended by now. */
  keep(): void {
    this.#kept = true;
    if (!this.connected) this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.removeAllListeners("close").terminate();
    this.#end();
  }

  #end(): void {
    this.#out?.close();
    this.#out = undefined;
  }

  #send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (): void =>
        reject(infrastructureError("ERR_CONNECTION_CLOSED", "the console of the virtual board is closed"));
      if (!this.#socket || !this.connected) fail();
      else this.#socket.send(bytes, { binary: true }, (error) => (error ? fail() : resolve()));
    });
  }
}
