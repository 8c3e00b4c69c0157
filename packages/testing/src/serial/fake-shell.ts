import type { ConnectionTransport } from "@basalt/core";
import { virtualSerial } from "./virtual-serial.js";

/** The far end of a line that answers each line it is given, for talks that are too long to script. */
export class FakeShell {
  /** The near end. */
  readonly line: ConnectionTransport;
  /** Whole lines that were typed, in order. */
  readonly typed: string[] = [];
  readonly #out: WritableStreamDefaultWriter<Uint8Array>;

  /** @param answer what it says to a line, the echo included, as no board is asked to give one */
  constructor(answer: (line: string) => string, greeting = "") {
    const { host, dut } = virtualSerial();
    this.line = host;
    this.#out = dut.writable.getWriter();
    void this.#listen(dut.readable, answer);
    if (greeting !== "") this.say(greeting);
  }

  say(text: string): void {
    void this.#out.write(new TextEncoder().encode(text)).catch(() => {});
  }

  async #listen(readable: ReadableStream<Uint8Array>, answer: (line: string) => string): Promise<void> {
    const decoder = new TextDecoder();
    let held = "";
    for await (const bytes of readable as unknown as AsyncIterable<Uint8Array>) {
      held += decoder.decode(bytes, { stream: true });
      for (let at = held.indexOf("\n"); at >= 0; at = held.indexOf("\n")) {
        const line = held.slice(0, at);
        held = held.slice(at + 1);
        this.typed.push(line);
        this.say(answer(line));
      }
    }
  }
}
