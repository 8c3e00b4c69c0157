/** A two-way line to a device: serial port, ssh, a program in a terminal. Bytes as they come; nothing is echoed or translated. */
export interface Transport {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}
