import { type Clock, systemClock } from "@basalt/core";

/**
 * The system's clock, `factor` times as fast: for tests with a console, whose wire needs real time to fall quiet, so that a
 * {@link FakeClock} would run ahead of it.
 */
export function fastClock(factor: number): Clock {
  const startMs = systemClock.now();
  return {
    now: () => startMs + (systemClock.now() - startMs) * factor,
    monotonic: () => systemClock.monotonic() * factor,
    deadline: (ms, what) => systemClock.deadline(ms / factor, what),
    sleep: (ms, options) => systemClock.sleep(ms / factor, options),
  };
}
