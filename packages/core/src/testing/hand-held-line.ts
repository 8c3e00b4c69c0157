import type { Clock } from "../clock.js";
import { Console } from "../console/console.js";
import type { ConsoleOptions } from "../console/console-types.js";
import { type BasaltError, isBasaltError } from "../errors.js";

export const encoder = new TextEncoder();

/** A line whose far end the test holds. */
export function line(options: ConsoleOptions = {}) {
  let device!: ReadableStreamDefaultController<Uint8Array>;
  const seen: string[] = [];
  const ends: string[] = [];
  let taking: (() => Promise<void>) | undefined;
  const console = new Console(
    {
      readable: new ReadableStream<Uint8Array>({
        start: (controller) => {
          device = controller;
        },
        cancel: () => void ends.push("cancel"),
      }),
      writable: new WritableStream<Uint8Array>({
        write: async (bytes) => {
          await taking?.();
          seen.push(new TextDecoder().decode(bytes));
        },
        close: () => void ends.push("close"),
        abort: () => void ends.push("abort"),
      }),
    },
    options,
  );
  return {
    console,
    seen,
    ends,
    say: (text: string | Uint8Array) => device.enqueue(typeof text === "string" ? encoder.encode(text) : text),
    hangUp: () => device.close(),
    breakLine: (error: Error) => device.error(error),
    stall: (until: Promise<void>) => {
      taking = () => until;
    },
  };
}

/** A clock whose deadlines and sleeps end when the test says so. */
export function handClock() {
  const fire: (() => void)[] = [];
  const slept: number[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    deadline(ms, what) {
      const controller = new AbortController();
      fire.push(() => controller.abort(new Error(`${what} ${ms}`)));
      return { signal: controller.signal, [Symbol.dispose]: () => {} };
    },
    sleep: async (ms) => void slept.push(ms),
  };
  return { clock, fire, slept };
}

/** Never aborted. */
export const { signal } = new AbortController();

/** What a promise that must fail failed with. */
export const failureOf = async (promise: Promise<unknown>): Promise<BasaltError> => {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!isBasaltError(error)) throw new Error(`not a BasaltError: ${String(error)}`);
  return error;
};
