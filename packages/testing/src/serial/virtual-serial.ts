import { type Clock, type ConnectionTransport, infrastructureError, systemClock } from "@basalt/core";
import { type LineFaults, lineNoise } from "./line-faults.js";

export interface VirtualSerialOptions {
  /** Bits per second (8N1: ten bits a byte). Unpaced if absent. */
  readonly baud?: number;
  /** What measures the pace. */
  readonly clock?: Clock;
  /** Faults on the way to the host, and to the board. */
  readonly toHost?: LineFaults;
  readonly toDut?: LineFaults;
}

/** A null-modem cable: what one end writes, the other reads. */
export interface VirtualSerial {
  /** The end of the machine that runs the job. */
  readonly host: ConnectionTransport;
  /** The end of the device under test. */
  readonly dut: ConnectionTransport;
  /** Pulls the cable: both ends read the end of the line, and writing fails. */
  unplug(): void;
}

interface Wire {
  readonly readable: ReadableStream<Uint8Array>;
  write(bytes: Uint8Array): void;
  end(): void;
}

/** One direction. Nobody waits for a reader: a UART never does, and a fake that did would hang the job it tests. */
function wire(pass: (bytes: Uint8Array, put: (bytes: Uint8Array) => void) => void): Wire {
  let to: ReadableStreamDefaultController<Uint8Array>;
  let open = true;
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      to = controller;
    },
    cancel() {
      open = false;
    },
  });
  const put = (bytes: Uint8Array): void => {
    if (open && bytes.byteLength > 0) to.enqueue(bytes);
  };
  return {
    readable,
    write: (bytes) => pass(bytes.slice(), put),
    end() {
      if (open) to.close();
      open = false;
    },
  };
}

/** Delivers each chunk when its last bit would have arrived, in order. */
function paced(baud: number, clock: Clock): (deliver: () => void, bytes: number) => void {
  let freeAt = 0;
  let queue = Promise.resolve();
  return (deliver, bytes) => {
    freeAt = Math.max(freeAt, clock.monotonic()) + (bytes * 10_000) / baud;
    const at = freeAt;
    queue = queue
      .then(() => clock.sleep(Math.max(0, at - clock.monotonic()), { signal: new AbortController().signal }))
      .then(deliver);
  };
}

/** Makes a null-modem cable with wide queues: a write never waits. */
export function virtualSerial(options: VirtualSerialOptions = {}): VirtualSerial {
  const { baud, clock = systemClock } = options;
  const direction = (faults: LineFaults | undefined): Wire => {
    const noise = faults === undefined ? (bytes: Uint8Array) => bytes : lineNoise(faults);
    const pace = baud === undefined ? (deliver: () => void) => deliver() : paced(baud, clock);
    return wire((bytes, put) => pace(() => put(noise(bytes)), bytes.byteLength));
  };
  const [up, down] = [direction(options.toHost), direction(options.toDut)];
  let plugged = true;
  const unplug = (): void => {
    plugged = false;
    up.end();
    down.end();
  };
  const end = (incoming: Wire, outgoing: Wire): ConnectionTransport => ({
    readable: incoming.readable,
    writable: new WritableStream<Uint8Array>({
      write(bytes) {
        if (!plugged) throw infrastructureError("ERR_CONNECTION_CLOSED", "the virtual serial line was unplugged");
        outgoing.write(bytes);
      },
    }),
    // hanging up ends this end's reading; a cable does not tell the other end
    [Symbol.asyncDispose]: async () => incoming.end(),
  });
  return { host: end(up, down), dut: end(down, up), unplug };
}
