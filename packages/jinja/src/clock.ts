// The one place of this package that reads a clock.

/** Monotonic milliseconds. */
export const monotonicMs = (): number => performance.now();

/** Milliseconds since 1970, as file times have them. */
export const wallClockMs = (): number => Date.now();
