import { type Clock, rejectOnAbort, systemClock } from "../clock.js";
import { bugError } from "../errors.js";

export interface SendOptions {
  /** Waiting for the line, for a lease and between characters ends when this aborts, with its reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds to wait after each character: some boards' UARTs lose characters that come too fast. */
  readonly characterDelayMs?: number;
  /** Measures the delays. */
  readonly clock?: Clock;
}

/** What can be typed at a device. */
export interface Keyboard {
  /** Resolves when the transport has taken everything. Throws ERR_CONNECTION_CLOSED. */
  send(text: string, options?: SendOptions): Promise<void>;
  /** `send` with the console's line separator behind it. */
  sendLine(line: string, options?: SendOptions): Promise<void>;
  /** Ctrl and a key: `c` is sent as 0x03, `]` as 0x1d. */
  sendControl(key: string, options?: SendOptions): Promise<void>;
}

/** The keyboard, for one owner until it is released: everybody else's `send` waits. */
export interface WriteLease extends Keyboard, AsyncDisposable {
  release(): void;
}

const never = new AbortController().signal;
const encoder = new TextEncoder();

interface WriterHooks {
  lineSeparator(): string;
  /** Called with what was really sent, also when the rest was cut off. */
  onSent(text: string): void;
  closed(cause: unknown): Error;
}

/** Writes to a transport: one lease at a time, in the order they were asked for. */
export class ConsoleWriter implements Keyboard {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #hooks: WriterHooks;
  /** Resolves when the last lease asked for so far is released. */
  #queue: Promise<void> = Promise.resolve();
  #writing = 0;

  constructor(writable: WritableStream<Uint8Array>, hooks: WriterHooks) {
    this.#writer = writable.getWriter();
    this.#hooks = hooks;
    // the reader reports a closed line; this one has no listener of its own
    this.#writer.closed.catch(() => {});
  }

  async lease(options: { readonly signal?: AbortSignal } = {}): Promise<WriteLease> {
    const before = this.#queue;
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#queue = before.then(() => released);
    const { promise: aborted, off } = rejectOnAbort(options.signal ?? never);
    try {
      await Promise.race([before, aborted]);
    } catch (error) {
      release();
      throw error;
    } finally {
      off();
    }
    return this.#makeLease(release);
  }

  #makeLease(release: () => void): WriteLease {
    let held = true;
    const end = (): void => {
      held = false;
      release();
    };
    const send = (text: string, options: SendOptions = {}): Promise<void> => {
      if (!held) throw bugError("ERR_LEASE_RELEASED", "a console lease was used after it was released");
      return this.#write(text, options);
    };
    return {
      send: async (text, options) => send(text, options),
      sendLine: async (line, options) => send(line + this.#hooks.lineSeparator(), options),
      sendControl: async (key, options) => send(controlCharacter(key), options),
      release: end,
      [Symbol.asyncDispose]: async () => end(),
    };
  }

  async send(text: string, options: SendOptions = {}): Promise<void> {
    await using lease = await this.lease(options);
    await lease.send(text, options);
  }

  async sendLine(line: string, options: SendOptions = {}): Promise<void> {
    await using lease = await this.lease(options);
    await lease.sendLine(line, options);
  }

  async sendControl(key: string, options: SendOptions = {}): Promise<void> {
    await using lease = await this.lease(options);
    await lease.sendControl(key, options);
  }

  async #write(
    text: string,
    { signal = never, characterDelayMs = 0, clock = systemClock }: SendOptions,
  ): Promise<void> {
    if (characterDelayMs <= 0) return this.#put(text, signal);
    for (const char of text) {
      await this.#put(char, signal);
      await clock.sleep(characterDelayMs, { signal });
    }
  }

  async #put(text: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise: aborted, off } = rejectOnAbort(signal);
    this.#writing++;
    const written = this.#writer.write(encoder.encode(text)).then(
      () => undefined,
      (cause) => {
        throw this.#hooks.closed(cause);
      },
    );
    written.catch(() => {}).finally(() => this.#writing--);
    try {
      await Promise.race([written, aborted]);
    } finally {
      off();
    }
    this.#hooks.onSent(text);
  }

  /** Closes the line. What is stuck in it because nobody reads at the far end is dropped. */
  async close(): Promise<void> {
    const closing = this.#writing > 0 ? this.#writer.abort() : this.#writer.close();
    await closing.catch(() => {});
  }
}

function controlCharacter(key: string): string {
  const code = key.toUpperCase().charCodeAt(0);
  if (key.length !== 1 || code < 64 || code > 95)
    throw bugError(
      "ERR_CONTROL_KEY",
      `there is no control character ctrl-${key} (expected a letter or one of @ [ \\ ] ^ _)`,
    );
  return String.fromCharCode(code - 64);
}
