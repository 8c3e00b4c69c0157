import { readSignal, type Signal } from "./signal.js";

/** What a piece of console text came to. */
export interface Received {
  /** In the order they were sent, each once. */
  readonly signals: readonly Signal[];
  /** To be typed into the console, where the device waits for it: `#17`, or `#15-` when 16 must be sent again. */
  readonly answer?: string;
}

/** What is left when nothing more can come. */
export interface Rest {
  /** Signals that came, but behind one that never did. */
  readonly signals: readonly Signal[];
  /** Numbers of those that never came whole. */
  readonly missing: readonly number[];
  /** Plain signals that came damaged: their results are lost. */
  readonly lost: readonly string[];
}

/** A number so far ahead is no number of ours. */
const mostAhead = 100_000;

/**
 * Puts the signals of a test in order: numbered ones each once and by number, whatever the console tore or the device repeated; plain
 * LAVA signals as they come. Pure: text in, signals and an answer out.
 */
export class SignalStream {
  #have = 0;
  readonly #ahead = new Map<number, Signal>();
  /** Damaged ones that came before any numbered signal: nothing says whose they are. */
  readonly #early: string[] = [];
  #damaged = 0;

  /** Plain signals that were damaged, so far. */
  get lost(): number {
    return this.#have > 0 ? 0 : this.#early.length;
  }

  /** Numbered signals that came damaged, so far. */
  get damaged(): number {
    return this.#damaged + (this.#have > 0 ? this.#early.length : 0);
  }

  /** Takes the text of a match of the signal pattern. */
  take(text: string): Received {
    const read = readSignal(text);
    if (read.state === "damaged") return this.#takeDamaged(read);
    const { asks, signal } = read;
    if (!signal.sequence) return { signals: [signal] };
    if (signal.sequence === 1 && signal.kind === "TESTRUNNER" && this.#have > 1) this.#restart();
    if (signal.sequence > this.#have && signal.sequence <= this.#have + mostAhead)
      this.#ahead.set(signal.sequence, signal);
    const signals = this.#inOrder();
    return asks ? { signals, answer: this.#answer() } : { signals };
  }

  /** Nothing more will come: what waits for a signal that never came is handed over. */
  finish(): Rest {
    const ahead = [...this.#ahead.keys()].sort((a, b) => a - b);
    const missing: number[] = [];
    for (let next = this.#have + 1; next < (ahead.at(-1) ?? 0); next++) if (!this.#ahead.has(next)) missing.push(next);
    const signals = ahead.flatMap((sequence) => this.#ahead.get(sequence) ?? []);
    this.#ahead.clear();
    return { signals, missing, lost: this.lost > 0 ? [...this.#early] : [] };
  }

  #takeDamaged({
    asks,
    numbered,
    text,
  }: {
    readonly asks: boolean;
    readonly numbered: boolean;
    readonly text: string;
  }): Received {
    // once a numbered signal came through, our helpers are at work, and will send it again
    if (numbered || this.#have > 0) this.#damaged++;
    else this.#early.push(text);
    return asks ? { signals: [], answer: `#${this.#have}-` } : { signals: [] };
  }

  #inOrder(): readonly Signal[] {
    const signals: Signal[] = [];
    for (let next = this.#ahead.get(this.#have + 1); next; next = this.#ahead.get(this.#have + 1)) {
      this.#ahead.delete(++this.#have);
      signals.push(next);
    }
    return signals;
  }

  #answer(): string {
    return this.#ahead.size > 0 ? `#${this.#have}-` : `#${this.#have}`;
  }

  /** A test that calls the runner itself, or a second call in the same session, begins again with 1. */
  #restart(): void {
    this.#have = 0;
    this.#ahead.clear();
  }
}
