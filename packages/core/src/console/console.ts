import { type Clock, type Deadline, systemClock } from "../clock.js";
import { type BasaltError, bugError, isBasaltError } from "../errors.js";
import { connectionClosed, consoleTimeout, namePatterns, shownTextLength } from "./console-errors.js";
import type { ConsoleListener, ConsoleMatch, ConsoleOptions, ExpectOptions } from "./console-types.js";
import { ConsoleWriter, type Keyboard, type SendOptions, type WriteLease } from "./console-writer.js";
import { PendingText } from "./pending-text.js";
import type { Pattern } from "./regex/pattern.js";
import type { PatternSet } from "./search/pattern-set.js";
import { PatternSetCache } from "./search/pattern-set-cache.js";
import { type Hit, Scanner } from "./search/scanner.js";
import type { Transport } from "./transport.js";

interface Waiting {
  readonly patterns: readonly (string | Pattern)[];
  readonly set: PatternSet;
  readonly consume: boolean;
  scanner: Scanner;
  /** Place where the scanner began. */
  from: number;
  /** For matches that consume nothing. */
  readonly searchedBefore: number;
  resolve(match: ConsoleMatch): void;
  reject(error: unknown): void;
}

/**
 * Bytes decoded in one go. One character beyond Latin-1 makes JavaScript keep a whole text in two bytes a character, and
 * everything that is done with it slower: small pieces keep that to the few that need it.
 */
const decodedAtOnce = 8192;
/** Bytes read in one go before timers and other work get their turn. */
const readingTurn = 2 ** 20;

/**
 * Sole owner of a transport: one reader, one writer, one bounded text buffer. It reads all the time, so a UART never
 * blocks and listeners hear everything; what no `expect` has consumed waits in the buffer, in bounded memory.
 */
export class Console implements Keyboard, AsyncDisposable {
  /** Sent behind every line. */
  lineSeparator: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: ConsoleWriter;
  readonly #options: Required<Pick<ConsoleOptions, "window" | "scrollback" | "backlog" | "settleMs">>;
  readonly #listeners = new Set<ConsoleListener>();
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #pending = new PendingText();
  readonly #sets = new PatternSetCache();
  readonly #disposing = new AbortController();
  readonly #reading: Promise<void>;
  /** Place behind the last match or discard. */
  #consumed = 0;
  /** Place up to which some `expect` has looked. */
  #searched = 0;
  #lastText = "";
  #waiting: Waiting | undefined;
  #settling: Deadline | undefined;
  /** Why no more text will come. */
  #ended: { readonly cause: unknown } | undefined;
  /** The reader lets other work have its turn although there may be more to read. */
  #givingWay = false;
  #disposed: Promise<void> | undefined;

  constructor(transport: Transport, options: ConsoleOptions = {}) {
    const window = options.window ?? 4092;
    this.#options = {
      window,
      // a match may begin anywhere in the window, so that much must be kept
      scrollback: Math.max(options.scrollback ?? 2 ** 20, 4 * window),
      backlog: options.backlog ?? 2 ** 24,
      settleMs: options.settleMs ?? 30,
    };
    this.lineSeparator = options.lineSeparator ?? "\n";
    if (options.onText || options.onSent) this.#listeners.add(options);
    this.#reader = transport.readable.getReader();
    this.#writer = new ConsoleWriter(transport.writable, {
      lineSeparator: () => this.lineSeparator,
      onSent: (text) => {
        for (const listener of this.#listeners) listener.onSent?.(text);
      },
      closed: (cause) => connectionClosed("sending to it", this.#lastText, cause),
    });
    this.#reading = this.#read();
  }

  /** Adds a listener; call the answer to remove it. */
  tap(listener: ConsoleListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The last 2,000 characters the device said, matched or not. */
  get lastText(): string {
    return this.#lastText;
  }

  /** What the device said since the last match, at most the last `limit` characters of it. */
  peek(limit = 10_000): string {
    return this.#pending.slice(Math.max(this.#pending.start, this.#pending.end - limit), this.#pending.end);
  }

  /** Whether the far end, or this one, has hung up. */
  get closed(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Waits for the first match of any of the patterns (strings are taken literally) and consumes the text up to its end.
   *
   * Which match that is depends on what came, never on how it was cut: it is what pexpect finds given one character at
   * a time. The first prefix of the unconsumed text that holds a match decides; of several matches in it the one that
   * begins first counts, of those the pattern that stands first. A match that more text could change (`\d+`, `$`) counts
   * when the next characters show that it stays, or when the line is quiet for `settleMs`. Patterns with look-ahead,
   * atomic groups, possessive repeats or back-references are judged at line ends and when the line falls quiet.
   * A match begins at most two to three windows back (LAVA: 8184 characters).
   *
   * @throws ERR_CONNECTION_CLOSED (infrastructure), ERR_CONSOLE_TIMEOUT (timeout), the signal's reason,
   *   ERR_PATTERN_UNBOUNDED (job), ERR_CONSOLE_BUSY (bug) when another `expect` waits
   */
  async expect(patterns: readonly (string | Pattern)[], options: ExpectOptions): Promise<ConsoleMatch> {
    options.signal.throwIfAborted();
    if (this.#waiting)
      throw bugError(
        "ERR_CONSOLE_BUSY",
        `cannot wait for ${namePatterns(patterns)}: the console already waits for ${namePatterns(this.#waiting.patterns)}`,
      );
    const set = this.#sets.get(patterns);
    const { clock = systemClock, timeoutMs, signal } = options;
    using deadline =
      timeoutMs === undefined ? undefined : clock.deadline(timeoutMs, `waiting for ${namePatterns(patterns)}`);
    let off = (): void => {};
    try {
      return await new Promise<ConsoleMatch>((resolve, reject) => {
        const onAbort = (): void => reject(signal.reason);
        const onTimeout = (): void => {
          if (!this.#settle()) reject(consoleTimeout(patterns, timeoutMs ?? 0, this.#lastText));
        };
        signal.addEventListener("abort", onAbort, { once: true });
        deadline?.signal.addEventListener("abort", onTimeout, { once: true });
        off = () => {
          signal.removeEventListener("abort", onAbort);
          deadline?.signal.removeEventListener("abort", onTimeout);
        };
        this.#waiting = {
          patterns,
          set,
          consume: options.consume ?? true,
          searchedBefore: this.#searched,
          ...this.#newScanner(set),
          resolve,
          reject,
        };
        this.#searchPending();
      });
    } finally {
      off();
      this.#stopWaiting();
    }
  }

  /** The keyboard, for the caller alone until released: for a person who takes over, or for several sends in one go. */
  lease(options: { readonly signal?: AbortSignal } = {}): Promise<WriteLease> {
    return this.#writer.lease(options);
  }

  send(text: string, options: SendOptions = {}): Promise<void> {
    return this.#writer.send(text, options);
  }

  sendLine(line: string, options: SendOptions = {}): Promise<void> {
    return this.#writer.sendLine(line, options);
  }

  sendControl(key: string, options: SendOptions = {}): Promise<void> {
    return this.#writer.sendControl(key, options);
  }

  /**
   * Forgets everything received so far, so that a retry never matches an old prompt. At once for what has been read;
   * what is still queued in the transport is gone when the promise resolves, in the next turn of the event loop.
   */
  async discard(): Promise<void> {
    this.#forget();
    if (this.#ended) return;
    // the reader empties the transport's queue before timers get their turn, unless it gives way to them itself
    do {
      await systemClock.sleep(0, { signal: this.#disposing.signal }).catch(() => {});
      this.#forget();
    } while (this.#givingWay);
  }

  /** Lets the device talk for so long, then takes what it has said since the last match. Ends early when the line closes. */
  async drain(options: {
    readonly forMs: number;
    readonly signal: AbortSignal;
    readonly clock?: Clock;
  }): Promise<string> {
    const quit = new AbortController();
    const slept = (options.clock ?? systemClock).sleep(options.forMs, {
      signal: AbortSignal.any([options.signal, quit.signal]),
    });
    await Promise.race([slept, this.#reading]).finally(() => {
      quit.abort();
      slept.catch(() => {});
    });
    options.signal.throwIfAborted();
    const text = this.#pending.slice(this.#pending.start, this.#pending.end);
    this.#forget();
    return text;
  }

  /** Closes the transport, once. An `expect` that waits is rejected with ERR_CONNECTION_CLOSED. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    this.#disposing.abort();
    this.#end(undefined);
    await this.#reader.cancel().catch(() => {});
    await this.#reading;
    await this.#writer.close();
    this.#listeners.clear();
  }

  async #read(): Promise<void> {
    try {
      for (let turn = 0; ; ) {
        const { done, value } = await this.#reader.read();
        if (this.#ended) return;
        if (done) break;
        for (let at = 0; at < value.byteLength; at += decodedAtOnce)
          this.#receive(this.#decoder.decode(value.subarray(at, at + decodedAtOnce), { stream: true }));
        turn += value.byteLength;
        if (turn < readingTurn) continue;
        turn = 0;
        this.#givingWay = true;
        await systemClock.sleep(0, { signal: this.#disposing.signal });
        this.#givingWay = false;
      }
      this.#receive(this.#decoder.decode());
      this.#end(undefined);
    } catch (cause) {
      this.#end(cause);
    }
  }

  #receive(text: string): void {
    if (text === "") return;
    for (const listener of this.#listeners) this.#tell(listener, text);
    this.#lastText =
      text.length >= shownTextLength ? text.slice(-shownTextLength) : (this.#lastText + text).slice(-shownTextLength);
    this.#pending.append(text);
    if (this.#waiting) {
      this.#endQuiet();
      this.#search(text, 0);
    }
    this.#trim();
  }

  #tell(listener: ConsoleListener, text: string): void {
    try {
      listener.onText?.(text);
    } catch (cause) {
      if (isBasaltError(cause)) throw cause;
      throw bugError("ERR_CONSOLE_LISTENER", `a listener of the console failed on ${text.length} characters`, {
        cause,
      });
    }
  }

  #trim(): void {
    const { scrollback, backlog } = this.#options;
    this.#pending.dropTo(this.#searched - scrollback);
    this.#pending.dropTo(this.#pending.end - backlog - scrollback);
    this.#searched = Math.max(this.#searched, this.#pending.start);
  }

  #end(cause: unknown): void {
    if (this.#ended) return;
    this.#ended = { cause };
    if (this.#waiting && !this.#settle()) this.#waiting.reject(this.#closedError());
  }

  #closedError(): BasaltError {
    const cause = this.#ended?.cause;
    if (isBasaltError(cause)) return cause;
    const during = this.#waiting ? `waiting for ${namePatterns(this.#waiting.patterns)}` : "listening to it";
    return connectionClosed(during, this.#lastText, cause);
  }

  #newScanner(set: PatternSet): { readonly scanner: Scanner; readonly from: number } {
    const { window } = this.#options;
    const from = Math.max(this.#pending.start, this.#searched - 2 * window);
    return { scanner: new Scanner(set, { length: 2 * window, step: window }), from };
  }

  /** Searches what was there before anybody waited. */
  #searchPending(): void {
    const { scanner, from } = this.#waiting ?? {};
    if (!scanner || from === undefined) return;
    this.#search("", 0);
    for (const piece of this.#pending.from(from)) {
      if (this.#waiting?.scanner !== scanner) return;
      this.#search(piece.text, piece.from);
    }
    if (this.#ended && this.#waiting && !this.#settle()) this.#waiting.reject(this.#closedError());
  }

  #search(text: string, from: number): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    try {
      const hit = waiting.scanner.feed(text, from);
      if (hit) this.#take(waiting, hit);
      else if (waiting.scanner.undecided) this.#awaitQuiet();
    } catch (error) {
      waiting.reject(error);
      this.#stopWaiting();
    }
    if (this.#waiting === waiting) this.#searched = this.#pending.end;
  }

  #awaitQuiet(): void {
    // real time, also under a test's clock: it is the wire that must be quiet
    if (this.#settling) return;
    this.#settling = systemClock.deadline(this.#options.settleMs, "waiting for a quiet line");
    this.#settling.signal.addEventListener("abort", this.#onQuiet, { once: true });
  }

  readonly #onQuiet = (): void => void this.#settle();

  #endQuiet(): void {
    this.#settling?.signal.removeEventListener("abort", this.#onQuiet);
    this.#settling?.[Symbol.dispose]();
    this.#settling = undefined;
  }

  /** Takes the match that counts if nothing more comes; false when there is none. */
  #settle(): boolean {
    const waiting = this.#waiting;
    if (!waiting) return false;
    try {
      const hit = waiting.scanner.quiet();
      if (!hit) return false;
      this.#take(waiting, hit);
    } catch (error) {
      waiting.reject(error);
      this.#stopWaiting();
    }
    return true;
  }

  #take(waiting: Waiting, hit: Hit): void {
    const start = waiting.from + hit.start;
    const end = waiting.from + hit.end;
    const kept = Math.max(this.#consumed, this.#pending.start);
    const { text, groups, named } = hit.match;
    const match: ConsoleMatch = {
      index: hit.index,
      pattern: waiting.patterns[hit.index] ?? "",
      text,
      before: this.#pending.slice(kept, start),
      droppedBefore: kept - this.#consumed,
      groups,
      named,
    };
    if (waiting.consume) this.#consumeTo(end);
    else this.#searched = waiting.searchedBefore;
    this.#stopWaiting();
    waiting.resolve(match);
  }

  #consumeTo(place: number): void {
    this.#pending.dropTo(place);
    this.#consumed = place;
    this.#searched = place;
  }

  #stopWaiting(): void {
    this.#waiting = undefined;
    this.#endQuiet();
  }

  #forget(): void {
    this.#consumeTo(this.#pending.end);
    if (this.#waiting) Object.assign(this.#waiting, this.#newScanner(this.#waiting.set));
  }
}
