/** A readable stream for what comes from events, like a UART: pushing never waits for a reader. */
export interface PushedReadable {
  readonly readable: ReadableStream<Uint8Array>;
  /** Hands on bytes; dropped once the stream has ended. */
  push(bytes: Uint8Array): void;
  /** Ends the stream, with an error where it broke. Later calls do nothing. */
  end(error?: unknown): void;
}

/** Makes one; `onCancel` hangs up when the reader no longer wants to listen. */
export function pushedReadable(onCancel: () => void | Promise<void>): PushedReadable {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let open = true;
  const readable = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own;
    },
    cancel() {
      open = false;
      return onCancel();
    },
  });
  return {
    readable,
    push(bytes) {
      if (open && bytes.byteLength > 0) controller?.enqueue(bytes);
    },
    end(error) {
      if (!open) return;
      open = false;
      if (error === undefined) controller?.close();
      else controller?.error(error);
    },
  };
}
