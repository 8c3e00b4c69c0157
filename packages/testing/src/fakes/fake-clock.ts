import { type Clock, type Deadline, timeoutError } from "@basalt/core";

interface Timer {
  readonly at: number;
  readonly what: string;
  fire(): void;
}

export interface FakeClockOptions {
  /** What `now()` says at first, in milliseconds since the epoch; 2026-01-01 if absent. */
  readonly startMs?: number;
  /** Jumps to the next timer by itself whenever nothing else is going on. For work that does no real input or output, or with `atRest`. */
  readonly autoAdvance?: boolean;
  /** Resolves when nothing is going on, for work with real input and output; in-memory work is waited for if absent. */
  readonly atRest?: () => Promise<void>;
}

/** Turns of the event loop after which in-memory work (promises, streams) has come to rest. */
const turnsToSettle = 4;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets promises, streams and immediates run until in-memory work has come to rest. */
export async function settle(): Promise<void> {
  for (let i = 0; i < turnsToSettle; i++) await turn();
}

/** A clock that stands still until it is told to move. Timers fire in the order of their deadlines, equal ones in the order they were set. */
export class FakeClock implements Clock {
  readonly #startMs: number;
  readonly #timers = new Set<Timer>();
  readonly #autoAdvance: boolean;
  readonly #atRest: () => Promise<void>;
  #elapsedMs = 0;
  #changes = 0;
  #driving = false;

  constructor({ startMs = Date.UTC(2026, 0, 1), autoAdvance = false, atRest = settle }: FakeClockOptions = {}) {
    this.#atRest = atRest;
    this.#startMs = startMs;
    this.#autoAdvance = autoAdvance;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  deadline(ms: number, what: string): Deadline {
    const controller = new AbortController();
    const stop = this.#arm(ms, what, () =>
      controller.abort(
        timeoutError("ERR_TIMEOUT", `${what} timed out after ${Math.round(ms / 1000)} seconds`, {
          details: { what, ms },
        }),
      ),
    );
    return { signal: controller.signal, [Symbol.dispose]: stop };
  }

  sleep(ms: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        stop();
        reject(signal.reason);
      };
      const stop = this.#arm(ms, "sleep", () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** What is waiting, next first: milliseconds from now and what for. */
  get pending(): readonly { readonly inMs: number; readonly what: string }[] {
    return this.#inOrder().map(({ at, what }) => ({ inMs: at - this.#elapsedMs, what }));
  }

  /** Moves time on by `ms`, firing what falls due in order and letting its consequences run in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#inOrder()[0]; next && next.at <= until; next = this.#inOrder()[0]) {
      this.#fire(next);
      await settle();
    }
    this.#elapsedMs = Math.max(this.#elapsedMs, until);
  }

  /** Jumps from timer to timer until none is left. */
  async runAll(): Promise<void> {
    await settle();
    for (let next = this.#inOrder()[0]; next; next = this.#inOrder()[0]) {
      this.#fire(next);
      await settle();
    }
  }

  /** Jumps from timer to timer, whenever nothing else is going on, until the work is done; gives its outcome. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const finish = (): void => {
      done = true;
    };
    work.then(finish, finish);
    for (;;) {
      await settle();
      if (done) return work;
      const next = this.#inOrder()[0];
      if (next) this.#fire(next);
    }
  }

  #inOrder(): Timer[] {
    return [...this.#timers].sort((a, b) => a.at - b.at); // stable: equal ones stay in the order they were set
  }

  #fire(timer: Timer): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.at);
    this.#timers.delete(timer);
    this.#changes++;
    timer.fire();
  }

  #arm(ms: number, what: string, fire: () => void): () => void {
    const timer: Timer = { at: this.#elapsedMs + Math.max(0, ms), what, fire };
    this.#timers.add(timer);
    this.#changes++;
    if (this.#autoAdvance && !this.#driving) void this.#drive();
    return () => {
      if (this.#timers.delete(timer)) this.#changes++;
    };
  }

  async #drive(): Promise<void> {
    this.#driving = true;
    while (this.#timers.size > 0) {
      const before = this.#changes;
      await this.#atRest();
      if (before !== this.#changes) continue;
      const next = this.#inOrder()[0];
      if (next) this.#fire(next);
    }
    this.#driving = false;
  }
}
