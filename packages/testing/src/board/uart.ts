import { type ConnectionTransport, rejectOnAbort } from "@basalt/core";
import { virtualSerial } from "../serial/virtual-serial.js";

const encoder = new TextEncoder();
const backspaces = new Set(["\b", "\x7f"]);

interface Line {
  put(bytes: Uint8Array): void;
  unplug(): void;
}

/** Makes a promise that rejects with the signal's reason when that aborts, and never resolves. */
export const untilAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** The board's serial port: what it says goes to every line that is plugged in, and nowhere if none is. */
export class Uart {
  readonly #lines = new Set<Line>();
  #input = "";
  #decoder = new TextDecoder();
  #wake: (() => void) | undefined;
  #sink: ((bytes: Uint8Array) => void) | undefined;

  /** Plugs a line in; disposing of it pulls it out again. */
  connect(): ConnectionTransport {
    const { host, dut, unplug } = virtualSerial();
    const writer = dut.writable.getWriter();
    const line: Line = { put: (bytes) => void writer.write(bytes).catch(() => {}), unplug };
    this.#lines.add(line);
    void this.#listen(dut.readable);
    return {
      ...host,
      [Symbol.asyncDispose]: async () => {
        this.#lines.delete(line);
        unplug();
      },
    };
  }

  get plugged(): boolean {
    return this.#lines.size > 0;
  }

  /** All lines break. */
  drop(): void {
    for (const line of this.#lines) line.unplug();
    this.#lines.clear();
  }

  send(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    for (const line of this.#lines) line.put(bytes);
  }

  /** From now on bytes go to the sink as they come, what waits first; call the answer to end that. */
  divert(sink: (bytes: Uint8Array) => void): () => void {
    this.#sink = sink;
    if (this.#input !== "") sink(encoder.encode(this.#input));
    this.#input = "";
    return () => {
      if (this.#sink === sink) this.#sink = undefined;
    };
  }

  /** Forgets what was received and not read. */
  discard(): void {
    this.#input = "";
  }

  /** The next key. */
  async readKey(signal: AbortSignal): Promise<string> {
    while (this.#input === "") {
      const more = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const { promise: aborted, off } = rejectOnAbort(signal);
      await Promise.race([more, aborted]).finally(off);
    }
    const [key = ""] = this.#input;
    this.#input = this.#input.slice(key.length);
    return key;
  }

  /** A line typed on a terminal in cooked mode: echoed, with backspace and ^U; undefined after ^C. */
  async readLine(signal: AbortSignal, { echo = true } = {}): Promise<string | undefined> {
    const show = (text: string): void => {
      if (echo) this.send(text);
    };
    let line = "";
    for (;;) {
      const key = await this.readKey(signal);
      if (key === "\r" || key === "\n") {
        show("\r\n");
        return line;
      }
      if (key === "\x03") return undefined;
      if (key === "\x15") {
        show("\b \b".repeat(line.length));
        line = "";
      } else if (backspaces.has(key)) {
        if (line !== "") show("\b \b");
        line = line.slice(0, -1);
      } else if (key >= " ") {
        line += key;
        show(key);
      }
    }
  }

  async #listen(readable: ReadableStream<Uint8Array>): Promise<void> {
    for await (const bytes of readable) {
      if (this.#sink) {
        this.#sink(bytes);
        continue;
      }
      this.#input += this.#decoder.decode(bytes, { stream: true });
      this.#wake?.();
    }
  }
}
